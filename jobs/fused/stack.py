"""A stack of runs: one matrix of parameters, a run a row, stepped together."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from jobs.fused import streams
from jobs.fused.built import Built, Rows
from jobs.fused.cells import unrolled
from jobs.fused.layout import Layout
from jobs.fused.module import Module
from jobs.fused.program import Passes, Program
from jobs.fused.reads import alike
from jobs.fused.rules import Rule
from jobs.fused.scored import Scorer, Tensors, row
from jobs.fused.tails import is_whole
from jobs.fused.traced import Traced
from jobs.gpu import Repeated


class Shape:
    """Values that runs of one stack share: their network's shape, which of its parameters are stepped, their data."""

    def __init__(self, built: Sequence[Built], shared: frozenset[str], *, lanes: int, has_masks: bool) -> None:
        """Of runs of one signature; `shared` are the fields that such runs are equal in."""
        first = built[0]
        self.built, self.lanes, self.has_masks = list(built), lanes, has_masks
        self.traced: Traced | None = None
        """Of a network and loss that can be traced; `vmap` where there is none."""
        self.program: Program | None = None
        """Of one whose every operation has its gradient written out."""
        self.rows = Rows(built)
        self.scorer = Scorer(unrolled(copy.deepcopy(first.model)), alike(first.run, shared))
        parameters = dict(first.model.named_parameters())
        self.names = tuple(name for group in first.stepped for name in group)
        self.shapes = {name: parameters[name].shape for name in self.names}
        self.plain = Layout(self.shapes)
        self.sizes = [sum(parameters[name].numel() for name in group) for group in first.stepped]
        self.sizes[-1] += self.plain.pad
        self.others = tuple(name for name in parameters if name not in self.names)
        self.has_schedule = type(first.run).schedule is not Module.schedule
        self.clip = getattr(first.run, "clip", None) is not None

    @property
    def has_tails(self) -> bool:
        """True if a tensor of all lanes may have a tail, by the sizes in each."""
        first = next(self.built[0].model.parameters())
        return first.device.type == "cpu" and not is_whole(first.new_empty(self.lanes))

    @property
    def is_traced(self) -> bool:
        """True if its loss is computed by rules for each operation."""
        return self.traced is not None or self.program is not None

    @property
    def layout(self) -> Layout:
        """Places of the parameters."""
        return self.plain if self.program is None else self.program.layout

    def fresh(self, places: Sequence[int]) -> "Stack":
        """These runs before their first step."""
        return Stack(self, places)


class Stack:
    """As many lanes as the shape says: runs, and copies of the first where there are fewer."""

    def __init__(self, shape: Shape, places: Sequence[int]) -> None:
        """Runs by their places among the shape's."""
        self.shape, self.places = shape, list(places)
        self.lane_of = [*places, *[places[0]] * (shape.lanes - len(places))]
        runs = [shape.built[place] for place in self.lane_of]
        tensors = [dict(run.model.state_dict(keep_vars=True)) | dict(run.model.named_parameters()) for run in runs]
        first = next(iter(runs[0].model.parameters()))
        with torch.no_grad():
            self.theta = first.new_zeros(shape.lanes, sum(shape.layout.parts))
            shape.layout.fill(
                self.theta, torch.stack([torch.cat([t[n].flatten() for n in shape.names]) for t in tensors])
            )
            self.others = _stacked([{name: t[name].detach() for name in shape.others} for t in tensors])
            self.buffers = _stacked([dict(run.model.named_buffers()) for run in runs])
        self.rule = Rule(self.theta, type(runs[0].optimizer), [run.flags for run in runs], shape.sizes)
        self.index = torch.tensor(self.lane_of, device=self.theta.device)
        self._learn = Repeated(self._learn_from, self.theta.device)
        self.loss = self.theta.new_zeros(shape.lanes, dtype=torch.float64)
        self.passes: dict[int, Passes] = {}
        """By rows of a batch."""
        self.clips = torch.tensor([[getattr(run.run, "clip", None) or 0.0] for run in runs]).to(self.theta)

    @property
    def n_steps(self) -> int:
        """Steps made."""
        return self.rule.n_steps

    def parameters(self, theta: Tensor) -> Tensors:
        """A matrix of parameters by their names, `[run, …]`."""
        return self.shape.layout.tensors(theta)

    def gradient(self, rows: Tensor | None, key: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Each run's loss and gradient on these rows of its data; masks are drawn from `key`, where there are any."""
        if self.shape.program is not None:
            return self._by_program(self.shape.program, rows)
        batch = self.shape.rows.batch(self.index, rows)
        leaf = self.theta.detach().requires_grad_()
        tensors = {**self.parameters(leaf), **self.others}
        if self.shape.traced is not None:
            loss = self.shape.traced(tensors, batch, key)
        else:
            stacked = vmap(self.shape.scorer.loss, in_dims=(0, 0, 0, None if key is None else 0))
            loss, buffers = stacked(tensors, self.buffers, dict(batch), key)
            for name, buffer in self.buffers.items():
                buffer.copy_(buffers[name].detach())
        (gradient,) = torch.autograd.grad(loss.sum(), leaf)
        return loss.detach(), gradient

    def _by_program(self, program: Program, rows: Tensor | None) -> tuple[Tensor, Tensor]:
        n_rows = self.shape.rows.n if rows is None else rows.shape[1]
        is_same = rows is None and n_rows in self.passes
        batch = None if is_same else self.shape.rows.batch(self.index, rows)
        if n_rows not in self.passes and batch is not None:
            self.passes[n_rows] = program.passes(self.theta, batch)
        return self.passes[n_rows](batch)

    def step(self, rows: Tensor | None) -> Tensor:
        """One step of every run; their losses before it, in a buffer that the next step takes again."""
        if not self.shape.scorer.model.training:
            self.shape.scorer.model.train()
        keys, device = self.keys(), self.theta.device
        given = self.rule.numbers(self._factors()), rows, keys
        self._learn(*(None if each is None else each.to(device, non_blocking=True) for each in given))
        return self.loss[: len(self.places)]

    def _learn_from(self, numbers: Tensor, rows: Tensor | None, keys: Tensor | None) -> None:
        """The part of a step that the device does, without a word to the host."""
        loss, gradient = self.gradient(rows, keys)
        self.loss.copy_(loss)
        if self.shape.clip:
            norms = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
            gradient.mul_((self.clips / (norms + 1e-6)).clamp_(max=1.0))
        self.rule.step(gradient, numbers)

    def measured(self) -> list[dict[str, Any]]:
        """The measures of every run."""
        if type(self.shape.built[0].run).measure is Module.measure:
            return [{} for _ in self.places]
        if self.shape.has_tails:
            return self.measured_one_by_one()
        self.shape.scorer.model.eval()
        tensors = {**self.parameters(self.theta), **self.others, **self.buffers}
        of = vmap(self.shape.scorer.measure)(tensors, *self.shape.rows.whole(self.index))
        found = {name: value.cpu() for name, value in of.items()}
        return [row({name: value[lane] for name, value in found.items()}) for lane in range(len(self.places))]

    def measured_one_by_one(self) -> list[dict[str, Any]]:
        """The same, each as it is alone."""
        self.shape.scorer.model.eval()
        tensors, data = (
            {**self.parameters(self.theta), **self.others, **self.buffers},
            self.shape.rows.whole(self.index),
        )
        result = []
        for lane, place in enumerate(self.places):
            own, train, test = ({name: t[lane] for name, t in of.items()} for of in (tensors, *data))
            result.append(row(self.shape.scorer.measure(own, train, test, self.shape.built[place].run)))
        return result

    def state(self) -> dict[str, Tensor]:
        """All that changes, a run a row, on the host."""
        n, rows = len(self.places), self.shape.layout.rows
        moments = {f"moment {name}": rows(t[:n]) for name, t in self.rule.moments.items()}
        buffers = {f"buffer {name}": t[:n].clone() for name, t in self.buffers.items()}
        return {name: t.cpu() for name, t in {"theta": rows(self.theta[:n]), **moments, **buffers}.items()}

    def restore(self, state: Mapping[str, Tensor], n_steps: int) -> None:
        """Continue from `state`, after a number of steps."""
        lanes = [*range(len(self.places)), *[0] * (self.shape.lanes - len(self.places))]
        self.rule.n_steps = n_steps
        self.shape.layout.fill(self.theta, state["theta"][lanes].to(self.theta))
        for name, moment in self.rule.moments.items():
            self.shape.layout.fill(moment, state[f"moment {name}"][lanes].to(moment))
        for name, buffer in self.buffers.items():
            buffer.copy_(state[f"buffer {name}"][lanes])

    def keys(self) -> Tensor | None:
        """Of the next step's masks, by lane, on the host; None if there are none."""
        if not self.shape.has_masks:
            return None
        return self._with_copies(streams.keys([self.shape.built[k].seed for k in self.places], self.rule.n_steps))

    def _factors(self) -> Tensor:
        """Learning rates of this step, by each run's schedule."""
        if not self.shape.has_schedule:
            return torch.ones(1, 1, dtype=torch.float64)
        factors = [[float(self.shape.built[k].run.schedule(self.rule.n_steps))] for k in self.places]
        return self._with_copies(torch.tensor(factors, dtype=torch.float64))

    def _with_copies(self, values: Tensor) -> Tensor:
        """Values of the runs, and those of the first in the lanes that are its copies."""
        return torch.cat([values, values[:1].expand(self.shape.lanes - len(values), *values.shape[1:])])


def _stacked(tensors: Sequence[Tensors]) -> Tensors:
    return {name: torch.stack([t[name] for t in tensors]) for name in tensors[0]}
