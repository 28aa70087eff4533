"""Packs to write: a run's rows follow from its id alone, so that any copy of them is the right one."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from results.layout import COLLECTED
from results.tests.stores import Store

Rows = list[dict[str, Any]]

_VALUES = (0.0, -0.0, 1.5, 1e-310, math.inf, -math.inf, math.nan, None)


def run_ids(n: int, *, first: int = 0) -> list[str]:
    """As many ids."""
    return [f"{first + k:016x}" for k in range(n)]


def pack(ids: Iterable[str], *, pack_id: str = "p") -> dict[str, dict[str, list[Any]]]:
    """The tables of a pack of these runs, as a trainer would give them."""
    ids, some = list(ids), of_run("1", "p")
    rows = {table: [row for run_id in ids for row in of_run(run_id, pack_id)[table]] for table in some}
    return {table: {c: [row[c] for row in each] for c in some[table][0]} for table, each in rows.items()}


def of_run(run_id: str, pack_id: str = "p") -> dict[str, Rows]:
    """One run's rows in each table."""
    k = int(run_id, 16)
    run = {
        "run_id": run_id,
        "pack_id": pack_id,
        "kind": "classifier",
        "spec": f'{{"seed":{k}}}',
        "n_params": k,
        "converged": [True, False, None][k % 3],
        "test_loss": _VALUES[k % 8],
    }
    curves = [
        {"run_id": run_id, "end": 0, "step": step, "train_loss": _VALUES[(k + step) % 8]}
        for step in range(1, 4 + k % 5)
    ]
    eigenvalues = [
        {"run_id": run_id, "eigenvalues": [float(k), math.nan][: k % 3] if k % 5 else None}
    ] * has_eigenvalues(run_id)
    snapshots = [{"run_id": run_id, "epoch": e, "layer": 1, "weights": [0.5] * (k % 4)} for e in range(2)]
    return {"runs": [run], "curves": curves, "eigenvalues": eigenvalues, "snapshots": snapshots}


def has_eigenvalues(run_id: str) -> bool:
    """Every fourth run has no rows there, beginning with the first."""
    return int(run_id, 16) % 4 != 0


def file(store: Store, table: str, name: str = COLLECTED) -> Path:
    """A table's file of a part, or the only collected one."""
    return store.layout.file(table, name) if name != COLLECTED else store.layout.collected(table)[0]


def shown(rows: Rows) -> list[str]:
    """Rows as text, in a fixed order: NaN equals NaN, 0.0 does not equal -0.0, an order does not matter."""
    return sorted(repr(sorted((c, v) for c, v in row.items() if v is not None and c != "pack_id")) for row in rows)
