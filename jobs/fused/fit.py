"""Training of a pack of modules: epochs of steps, measures after each, and states between two steps."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from jobs.fused.attributes import kept
from jobs.fused.built import Built, alike, build
from jobs.fused.choice import batch_rows, chosen
from jobs.fused.module import Module
from jobs.fused.single import Single
from jobs.fused.stack import Stack
from jobs.gpu import exact
from jobs.state import State

Row = dict[str, Any]


class Results:
    """Rows and results of the runs so far, by run id."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.n_epochs = 0
        self.rows: dict[str, list[Row]] = {}
        """One an epoch."""
        self.failures: dict[str, str] = {}
        self.fusion: dict[str, str] = {}
        self.bits: dict[str, str] = {}


class Fit:
    """A pack: its stacks, one after the other."""

    def __init__(
        self, runs: Sequence[Module], ids: Sequence[str], *, shared: frozenset[str] | None, device: torch.device
    ) -> None:
        """Every run before its first step; `shared` are the fields that they are equal in, None to fuse none."""
        if device.type == "cuda":
            exact()
        built = [build(run, run_id, device) for run, run_id in zip(runs, ids, strict=True)]
        self.groups = [[built[place] for place in places] for places in alike(built)]
        self.shared, self.results = shared, Results()
        self.results.n_epochs = runs[0].epochs

    def train(self, values: Mapping[str, Any] | None, check: Callable[[Row], None]) -> Iterator[State]:
        """Train all; yields a state between any two steps.

        Args:
            values: Of the state to continue from.
            check: Called with every row of measures; raises if it is none that can be stored.
        """
        first = 0
        if values is not None:
            first = values["group"]
            for name in ("rows", "failures", "fusion", "bits"):
                getattr(self.results, name).update(values[name])
        for number in range(first, len(self.groups)):
            group = Group(self.groups[number], self.shared, self.results, check)
            if values is not None and number == first:
                group.restore(values)
            yield from group.states(number, len(self.groups))


class Group:
    """Runs of one signature, in stacks of as many lanes as their shape has, or one by one."""

    def __init__(
        self, built: Sequence[Built], shared: frozenset[str] | None, results: Results, check: Callable[[Row], None]
    ) -> None:
        """Choose how they train.

        Raises:
            TypeError: If they could not be stopped and continued.
        """
        self.built, self.results, self.check = list(built), results, check
        self.choice = chosen(built, shared)
        kept(built[0].model, built[0].run, self.choice.changing)  # raises where a checkpoint could not hold them
        self.epoch = self.chunk = self.batch = 0
        self.n_epochs, self.n_batches = built[0].run.epochs, len(batch_rows(built[0], 0))
        self.active = list(range(len(built)))
        self.device = next(built[0].model.parameters()).device
        self.sums = torch.zeros(len(built), dtype=torch.float64, device=self.device)
        """Losses of the epoch so far, times their share of the rows."""
        self.chunks: list[Any] = self._chunks(self.active)
        for each in built:
            results.rows.setdefault(each.run_id, [])
            results.fusion[each.run_id], results.bits[each.run_id] = self.choice.way, self.choice.bits

    def states(self, number: int, n_groups: int) -> Iterator[State]:
        """Train to the end."""
        while self.epoch < self.n_epochs and self.active:
            while self.chunk < len(self.chunks):
                for _ in self._steps(self.chunks[self.chunk]):
                    yield self._state(number, n_groups)
                self.batch, self.chunk = 0, self.chunk + 1
            self.chunk, self.epoch = 0, self.epoch + 1
            self._end_epoch()

    def _steps(self, chunk: Stack | Single) -> Iterator[None]:
        """The rest of an epoch of some runs."""
        orders = [batch_rows(self.built[place], self.epoch) for place in chunk.places]
        n_all, at = self.built[0].n_rows, torch.tensor(chunk.places, device=self.device)
        while self.batch < len(orders[0]):
            rows = self._rows(chunk, [order[self.batch] for order in orders])
            share = (n_all if rows is None else rows.shape[1]) / n_all
            self.sums.index_add_(0, at, chunk.step(rows).double() * share)
            self.batch += 1
            yield

    @staticmethod
    def _rows(chunk: Stack | Single, rows: Sequence[Tensor | None]) -> Tensor | None:
        """The rows of a batch in every lane."""
        given = [each for each in rows if each is not None]
        if not given:
            return None
        return torch.stack([*given, *[given[0]] * (len(chunk.lane_of) - len(given))])

    def _end_epoch(self) -> None:
        """Measure, note what was measured, and let runs go that have failed or stop."""
        leaving, sums = set(), self.sums.tolist()
        for chunk in self.chunks:
            for place, measures in zip(chunk.places, self._measured(chunk), strict=True):
                if place in self.active and not self._goes_on(place, sums[place], measures):
                    leaving.add(place)
        self.sums.zero_()
        if leaving:
            self.active = [place for place in self.active if place not in leaving]
            self._restack()

    def _measured(self, chunk: Stack | Single) -> list[Row]:
        return chunk.measured() if self.choice.measures_stacked else chunk.measured_one_by_one()

    def _goes_on(self, place: int, loss: float, measures: Row) -> bool:
        """Note a run's row; False if it ends here."""
        built = self.built[place]
        rows = self.results.rows[built.run_id]
        rows.append({"train_loss": loss, **measures})
        self.check(rows[-1])
        if not isfinite(loss):
            self.results.failures[built.run_id] = f"nan: the loss is not finite in epoch {self.epoch}"
            return False
        return not built.run.stop(rows)

    def _chunks(self, places: Sequence[int]) -> list[Any]:
        choice, shape = self.choice, self.choice.shape
        if shape is None:
            has_masks, draws, changing = choice.has_masks, choice.draws, choice.changing
            built = [self.built[place] for place in places]
            return [
                Single(each, place, has_masks=has_masks, draws=draws, changing=changing)
                for each, place in zip(built, places, strict=True)
            ]
        return [shape.fresh(places[k : k + shape.lanes]) for k in range(0, len(places), shape.lanes)]

    def _restack(self) -> None:
        """Close ranks, where that saves a stack."""
        shape = self.choice.shape
        if shape is None:
            self.chunks = [chunk for chunk in self.chunks if chunk.places[0] in self.active]
        elif -(-len(self.active) // shape.lanes) < len(self.chunks):
            places = [place for chunk in self.chunks for place in chunk.places]
            kept = [places.index(place) for place in self.active]
            states = [chunk.state() for chunk in self.chunks]
            whole = {name: torch.cat([state[name] for state in states])[kept] for name in states[0]}
            n_steps, self.chunks = self.chunks[0].n_steps, self._chunks(self.active)
            for k, chunk in enumerate(self.chunks):
                part = slice(k * shape.lanes, (k + 1) * shape.lanes)
                chunk.restore({name: t[part] for name, t in whole.items()}, n_steps)

    def _state(self, number: int, n_groups: int) -> State:
        done = self.epoch + (self.chunk + self.batch / self.n_batches) / len(self.chunks)
        fraction = (number + done / self.n_epochs) / n_groups
        return State(
            step=self.epoch,
            n_steps=self.n_epochs,
            unit="epoch",
            fraction=fraction,
            values=Values(lambda: self._values(number)),
        )

    def _values(self, number: int) -> dict[str, Any]:
        """Everything that continues the pack."""
        names = ("rows", "failures", "fusion", "bits")
        return {
            "group": number,
            **{name: getattr(self, name) for name in ("epoch", "chunk", "batch", "active")},
            "sums": self.sums.cpu(),
            **{name: getattr(self.results, name) for name in names},
            "places": [chunk.places for chunk in self.chunks],
            "n_steps": [chunk.n_steps for chunk in self.chunks],
            "chunks": [chunk.state() for chunk in self.chunks],
        }

    def restore(self, values: Mapping[str, Any]) -> None:
        """Continue from a state's values."""
        self.epoch, self.chunk, self.batch, self.active = (values[n] for n in ("epoch", "chunk", "batch", "active"))
        self.sums.copy_(values["sums"])
        self.chunks = [self._chunks(places)[0] for places in values["places"]]
        for chunk, state, n_steps in zip(self.chunks, values["chunks"], values["n_steps"], strict=True):
            chunk.restore(state, n_steps)


class Values(Mapping[str, Any]):
    """A state's values, made when they are first read: most states are never saved."""

    def __init__(self, content: Callable[[], dict[str, Any]]) -> None:
        """By what makes them."""
        self._make = content

    @cached_property
    def _content(self) -> dict[str, Any]:
        return self._make()

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - tensors, numbers, lists
        """One of them."""
        return self._content[name]

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return iter(self._content)

    def __len__(self) -> int:
        """Number of them."""
        return len(self._content)
