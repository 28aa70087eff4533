"""Runs that raised or went to NaN, as their packs recorded them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from results import parquet
from results.columns import arrow_schema, no_rows
from results.disk import Batch
from results.encode import encoded
from results.errors import identity
from results.layout import COLLECTED, Layout
from results.schema import CORE
from results.sources import Known, is_known


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Reason why a run is not done; the fields are the columns of `failures`."""

    run_id: str
    failure: str
    message: str | None
    traceback: str | None
    host: str | None
    job_id: str | None
    finished: str | None


def newest(layout: Layout, done: Collection[str], known: Known) -> pa.Table:
    """The newest failure of each run that is not done; files that are known to be damaged are left out.

    Raises:
        DamagedError: If another file is not as it was written.
        FileNotFoundError: If a part has been compacted or set aside since it was listed.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in names(layout):
        if is_known(layout.file("failures", name), known):
            continue
        for row in _rows(layout, name).to_pylist():
            older = found.get(row["run_id"], row)
            if row["run_id"] not in done and (row["finished"] or "") >= (older["finished"] or ""):
                found[row["run_id"]] = row
    return _table(found.values())


def clear(layout: Layout, run_ids: Collection[str]) -> None:
    """Forget the failures of these runs. The caller holds the store's lock.

    Raises:
        StoreError: If the disk refuses.
    """
    for name in names(layout):
        path, rows = layout.file("failures", name), _rows(layout, name)
        kept = [row for row in rows.to_pylist() if row["run_id"] not in run_ids]
        if not kept:
            path.unlink()
        elif len(kept) < len(rows):
            with Batch() as batch:
                with batch.file(path) as file:
                    parquet.write(file, CORE["failures"], [_table(kept)])
                batch.publish()


def names(layout: Layout) -> list[str]:
    """Files that record failures; parts are listed before the collected file is looked for."""
    parts = layout.names("failures")
    return [COLLECTED, *parts] if identity(layout.file("failures", COLLECTED)) else parts


def _rows(layout: Layout, name: str) -> pa.Table:
    pieces = list(parquet.rows(layout.file("failures", name), CORE["failures"]))
    return pa.concat_tables(pieces) if pieces else no_rows(CORE["failures"])


def _table(rows: Collection[dict[str, Any]]) -> pa.Table:
    schema = arrow_schema(CORE["failures"])
    return pa.Table.from_arrays([encoded([row[f.name] for row in rows], f.type) for f in schema], schema=schema)
