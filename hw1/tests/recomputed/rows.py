"""Rows of a store, read without any code of ours."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

Run = Mapping[str, Any]


class Results:
    """Runs with their specs, and the rows of the other tables by run."""

    def __init__(self, store: Path) -> None:
        """Read lazily, a table at a time."""
        self.store = store / "collected"

    @cache  # noqa: B019 - one object a process
    def table(self, name: str) -> dict[str, np.ndarray]:
        """Columns of a table."""
        (path,) = self.store.glob(f"{name}*.parquet") if name == "runs" else self.store.glob(f"{name}-*.parquet")
        read = pq.read_table(path)
        return {column: np.asarray(read[column].to_pylist(), dtype=object) for column in read.column_names}

    @cache  # noqa: B019
    def runs(self) -> list[Run]:
        """One mapping a run: its spec and its final numbers."""
        columns = self.table("runs")
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return [{**row, **json.loads(row["spec"])} for row in rows if row["spec"]]

    def of(self, **wanted: Any) -> list[Run]:
        """Runs with these fields, by seed."""
        found = [run for run in self.runs() if all(run.get(name) == value for name, value in wanted.items())]
        return sorted(found, key=lambda run: run["seed"])

    @cache  # noqa: B019
    def _index(self, name: str) -> dict[str, np.ndarray]:
        ids = self.table(name)["run_id"]
        order = np.argsort(ids.astype(str), kind="stable")
        cuts = np.flatnonzero(np.r_[True, ids[order][1:] != ids[order][:-1]])
        return {str(ids[part[0]]): part for part in np.split(order, cuts[1:])}

    def rows(self, name: str, run: Run, *columns: str) -> list[np.ndarray]:
        """Columns of one run's rows."""
        part = self._index(name).get(run["run_id"], np.array([], dtype=int))
        return [self.table(name)[column][part] for column in columns]
