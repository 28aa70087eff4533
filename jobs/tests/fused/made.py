"""Packs of modules, trained whole and in pieces."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from jobs.spec import Spec
from jobs.state import State, Tables

CPU = torch.device("cpu")


class Cut(BaseException):
    """Training ends here."""


def drive(
    specs: Sequence[Spec], *, state: State | None = None, cut_after: int | None = None, device: torch.device = CPU
) -> State:
    """The pack's last state, or the one after which it is cut."""
    n_seen, last = 0, None

    def see(each: State) -> None:
        nonlocal n_seen, last
        n_seen += 1
        if cut_after is not None and n_seen == cut_after:
            last = replace(each, values=saved(dict(each.values)))
            raise Cut

    try:
        return type(specs[0]).drive(specs, device=device, state=state, see=see)
    except Cut:
        assert last is not None
        return last


def saved(values: dict[str, Any]) -> dict[str, Any]:
    """What a checkpoint gives back."""
    stream = io.BytesIO()
    torch.save(values, stream)
    return dict(torch.load(io.BytesIO(stream.getvalue()), weights_only=True))


def in_pieces(specs: Sequence[Spec], cuts: Sequence[int], device: torch.device = CPU) -> State:
    """The pack's last state, cut after each of these numbers of steps."""
    state = None
    for cut in cuts:
        state = drive(specs, state=state, cut_after=cut, device=device)
        if state.tables is not None:
            return state
    return drive(specs, state=state, device=device)


def rows(state: State) -> dict[str, list[str]]:
    """Every stored number by run, to the last bit."""
    assert state.tables is not None
    assert not state.failures, state.failures
    found: dict[str, list[str]] = {}
    for name, table in state.tables.items():
        for number, run_id in enumerate(table["run_id"]):
            row = sorted((column, values[number]) for column, values in table.items())
            found.setdefault(run_id, []).append(f"{name} {row!r}")
    return found


def differences(some: State, others: State) -> list[str]:
    """Runs of the first that the second has with other numbers."""
    one, two = rows(some), rows(others)
    return [run_id for run_id in one if one[run_id] != two[run_id]]


def column(tables: Tables | None, table: str, name: str) -> list[Any]:
    """One column."""
    assert tables is not None
    return tables[table][name]
