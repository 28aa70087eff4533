"""States that a trainer yields: a pack's progress, everything needed to continue it, and its tables once it is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Tables = dict[str, dict[str, list[Any]]]
"""Columns by name, by table name."""
Earlier = Callable[[str, Sequence[str]], list[dict[str, Any]]]
"""The rows that runs with these ids have in a table of the store: what a run that needs others loads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A pack between two steps.

    `values` holds tensors, numbers and lists that `torch.save` writes and `torch.load(weights_only=True)` reads. They
    are the trainer's own buffers: save them before asking the iterator for its next state.
    """

    step: int
    n_steps: int
    unit: str
    """Name of a step: epoch, iteration, Hessian, α or point."""
    fraction: float
    """Share of the pack's work that is done, from 0 to 1."""
    values: Mapping[str, Any]
    tables: Tables | None = None
    """The pack's tables, in the last state only."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Reasons why runs have no numbers, by run id."""


def columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows as columns; a value that a row lacks is null."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def merged(parts: Sequence[Tables]) -> Tables:
    """The rows of several packs' tables, one after the other."""
    result: Tables = {}
    for tables in parts:
        for table, values in tables.items():
            into = result.setdefault(table, {})
            n_before = max((len(column) for column in into.values()), default=0)
            n_new = max((len(column) for column in values.values()), default=0)
            for name in dict.fromkeys([*into, *values]):
                before = into.get(name, [None] * n_before)
                into[name] = before + values.get(name, [None] * n_new)
    return result
