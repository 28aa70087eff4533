"""Runs as their module makes them: network, data, optimiser; and what those of one stack have in common."""

import copy
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from jobs.fused import streams
from jobs.fused.module import Batch, Data, Module

Names = tuple[str, ...]
_OF_ALL = ("initial_accumulator_value",)


@dataclass(frozen=True, eq=False)
class Built:
    """One run before its first step."""

    run_id: str
    run: Module
    seed: int
    model: nn.Module
    optimizer: Optimizer
    data: Data

    @cached_property
    def stepped(self) -> list[Names]:
        """Names of the parameters that the optimiser steps, by its groups."""
        names = {p: name for name, p in self.model.named_parameters()}
        return [tuple(names[p] for p in group["params"] if p.requires_grad) for group in self.optimizer.param_groups]

    @property
    def flags(self) -> list[dict[str, Any]]:
        """The optimiser's values by its groups; what Adagrad begins with is the same in all, whatever a group says."""
        first = {name: self.optimizer.defaults[name] for name in _OF_ALL if name in self.optimizer.defaults}
        return [{**{k: v for k, v in g.items() if k != "params"}, **first} for g in self.optimizer.param_groups]

    @property
    def signature(self) -> Hashable:
        """Equal in all runs that could share a stack, and in what their optimisers do."""
        tensors = {**dict(self.model.named_parameters()), **dict(self.model.named_buffers())}
        shapes = tuple((name, tuple(t.shape), t.dtype) for name, t in tensors.items())
        kinds = tuple(tuple((k, _flag(v)) for k, v in flags.items()) for flags in self.flags)
        rows = tuple(
            (name, tuple(t.shape), t.dtype) for of in (self.data.train, self.data.test) for name, t in of.items()
        )
        clip = getattr(self.run, "clip", None) is not None
        return repr(self.model), shapes, type(self.optimizer), tuple(self.stepped), kinds, rows, clip

    @property
    def n_rows(self) -> int:
        """Rows of the training data."""
        return len(next(iter(self.data.train.values())))


def build(run: Module, run_id: str, device: torch.device) -> Built:
    """Call the run's methods, each under its seed.

    Raises:
        TypeError: If one gives something else than it must.
    """
    seed = getattr(run, "seed", None)
    seed = seed if isinstance(seed, int) and seed >= 0 else streams.seed_of(run_id)
    with torch.random.fork_rng(devices=[]):
        streams.begin(seed)
        data = run.data()
        streams.begin(seed)
        model = run.model()
    if not isinstance(data, Data) or not data.train:
        raise TypeError(f"`data` must return a Data(train={{…}}) of tensors, got {type(data).__name__}")
    lengths = {len(t) for t in data.train.values()}
    if len(lengths) != 1:
        raise TypeError(f"`data`: tensors in `train` must have as many rows each, got {sorted(lengths)}")
    if not isinstance(model, nn.Module):
        raise TypeError(f"`model` must return an nn.Module, got {type(model).__name__}")
    if any(nn.parameter.is_lazy(t) for t in (*model.parameters(), *model.buffers())):
        raise TypeError("`model` has layers without a size (lazy ones): call it on some rows before it is returned")
    model = model.to(device)
    optimizer = run.optimizer(model)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"`optimizer` must return one of torch.optim, got {type(optimizer).__name__}")
    return Built(run_id, run, seed, model, optimizer, _on(data, device))


def of_other_seeds(built: Built) -> list[nn.Module]:
    """The networks that the same run would have with two other seeds, where it can be made with them."""
    found = []
    for seed in (built.seed + 1, streams.seed_of(built.seed, "another") % 2**31):
        with suppress(Exception), torch.random.fork_rng(devices=[]):  # a run may take few seeds
            other = copy.copy(built.run)
            if hasattr(other, "seed"):
                other.seed = seed
            streams.begin(seed)
            found.append(other.model())
    return found


def alike(built: Sequence[Built]) -> list[list[int]]:
    """The places of runs that could share a stack, stack by stack."""
    found: dict[Hashable, list[int]] = {}
    for place, each in enumerate(built):
        found.setdefault(each.signature, []).append(place)
    return list(found.values())


class Rows:
    """The data of several runs: once where all have the same."""

    def __init__(self, runs: Sequence[Built]) -> None:
        """Of runs that could share a stack."""
        self.n = runs[0].n_rows
        self.train = {name: _joined([r.data.train[name] for r in runs]) for name in runs[0].data.train}
        self.test = {name: _joined([r.data.test[name] for r in runs]) for name in runs[0].data.test}

    def batch(self, runs: Tensor, rows: Tensor | None) -> Batch:
        """Rows of the training data, `[run, row, …]`; all of them where none are named."""
        if rows is None:
            return Batch({name: _of(t, runs) for name, t in self.train.items()})
        each = {name: t[0][rows] if len(t) == 1 else t[runs[:, None], rows] for name, t in self.train.items()}
        return Batch(each)

    def whole(self, runs: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """All data of these runs, `[run, row, …]`."""
        return tuple({name: _of(t, runs) for name, t in of.items()} for of in (self.train, self.test))  # type: ignore[return-value]


def _of(joined: Tensor, runs: Tensor) -> Tensor:
    return joined.expand(len(runs), *joined.shape[1:]) if len(joined) == 1 else joined[runs]


def _joined(tensors: list[Tensor]) -> Tensor:
    first = tensors[0]
    if all(t is first or torch.equal(t, first) for t in tensors):
        return first[None]
    return torch.stack(tensors)


def _on(data: Data, device: torch.device) -> Data:
    def moved(of: Mapping[str, Any]) -> dict[str, Tensor]:
        return {name: torch.as_tensor(t).to(device) for name, t in of.items()}

    return Data(train=moved(data.train), test=moved(data.test))


def _flag(value: Any) -> Hashable:  # noqa: ANN401 - an optimiser's value
    """Part of a value that decides about the steps' arithmetic: a switch, or whether a number is 0."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return value != 0
    return tuple(map(_flag, value)) if isinstance(value, list | tuple) else str(value)
