"""Looks at runs before they train: how they would be fused, how fast, and module by module by what."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from jobs.fused.built import Built, alike, build
from jobs.fused.choice import Choice, chosen, pays
from jobs.fused.module import Module
from jobs.fused.traced import rule_of
from jobs.gpu import exact


@dataclass(frozen=True, kw_only=True)
class Look:
    """The way in which runs of one shape would train."""

    n_runs: int
    n_params: int
    way: str
    bits: str
    ratio: float | None
    """Speed of a full stack as a multiple of the loop's on this machine; None where there is no stack."""
    modules: tuple[tuple[str, str, str], ...]
    """Name, kind, and how it is computed for all runs of a stack."""


def look(runs: Sequence[Module], shared: frozenset[str], device: torch.device) -> list[Look]:
    """Ways in which these runs would train, shape by shape."""
    if device.type == "cuda":
        exact()
    built = [build(run, str(number), device) for number, run in enumerate(runs)]
    return [_look_at([built[place] for place in places], shared) for places in alike(built)]


def _look_at(built: Sequence[Built], shared: frozenset[str]) -> Look:
    first, choice = built[0], chosen(built, shared)
    return Look(
        n_runs=len(built),
        n_params=sum(p.numel() for p in first.model.parameters()),
        way=choice.way,
        bits=choice.bits,
        ratio=None if choice.shape is None else pays(choice.shape),
        modules=_modules(choice, first.model),
    )


def _modules(choice: Choice, model: torch.nn.Module) -> tuple[tuple[str, str, str], ...]:
    leaves = [(name or "model", m) for name, m in model.named_modules() if not list(m.children())]
    return tuple((name, type(m).__name__, _how(choice, m)) for name, m in leaves)


def _how(choice: Choice, module: torch.nn.Module) -> str:
    if choice.shape is None:
        return "one by one"
    return rule_of(module) if choice.shape.is_traced else "vmap"
