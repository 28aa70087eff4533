"""The benchmark's table: a row a measurement, in one file beside the store."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from results.disk import Batch, plain_file
from results.errors import StoreError, UnreadableError
from results.schema import Column

NAME = "bench.parquet"
US, FLOOR = "hw1", "floor"
"""Sides that are no peers: ours, and the least that the arithmetic takes on this machine."""

COLUMNS: tuple[Column, ...] = (
    Column(name="work", type="string", label="work", key=True),
    Column(name="title", type="string", label="what is run", key=True),
    Column(name="round", type="int64", label="round", key=True),
    Column(name="side", type="string", label="side", key=True),
    Column(name="seconds", type="float64", label="time", unit="s"),
    Column(name="setup_seconds", type="float64", label="start that is not in the time", unit="s"),
    Column(name="turn", type="int64", label="our measurement in the round that this one is set against"),
    Column(name="n_runs", type="int64", label="runs"),
    Column(name="n_measured", type="int64", label="runs measured"),
    Column(name="extrapolated", type="string", label="how it was extrapolated; empty where all was measured"),
    Column(name="checked", type="string", label="numbers checked, and how close they must be"),
    Column(name="difference", type="float64", label="largest difference, in tolerances"),
    Column(name="void", type="string", label="why the row does not count; empty where it does"),
    Column(name="versions", type="string", label="versions as JSON"),
    Column(name="cpu", type="string", label="processor"),
    Column(name="n_cpus", type="int64", label="cores"),
    Column(name="git_commit", type="string", label="commit"),
    Column(name="git_dirty", type="bool", label="commit had uncommitted changes"),
    Column(name="finished", type="string", label="finished", unit="ISO 8601, UTC"),
)
"""One row a measurement. A peer's ratio is its time by that of our measurement of the same work, round and turn."""

_ARROW = {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_()}
SCHEMA = pa.schema([pa.field(column.name, _ARROW[column.type]) for column in COLUMNS])

Row = dict[str, Any]


def write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the whole file again; it is there with all rows or as it was.

    Raises:
        ValueError: If a row has not exactly the columns, or one of another type.
        StoreError: If the disk refuses.
    """
    for row in rows:
        if row.keys() != set(SCHEMA.names):
            raise ValueError(f"a measurement must have the columns {', '.join(SCHEMA.names)}, got {', '.join(row)}")
    try:
        table = pa.table({name: [row[name] for row in rows] for name in SCHEMA.names}, schema=SCHEMA)
    except pa.ArrowException as error:
        raise ValueError(f"a measurement does not fit its columns: {error}") from error
    with Batch() as batch:
        with batch.file(path) as file:
            pq.write_table(table, file, compression="zstd", store_schema=False)
        batch.publish()


def read(path: Path) -> list[Row]:
    """The rows of a file; none where there is no file.

    Raises:
        StoreError: If the file is not one of measurements, or the system refuses to read it.
    """
    try:
        with plain_file(path) as file:
            table = pq.ParquetFile(file).read(use_threads=False)  # `read_table` starts threads all the same
            found = table.column_names
    except FileNotFoundError:
        return []
    except (pa.ArrowException, ValueError, OSError) as error:
        reason = error.reason if isinstance(error, UnreadableError) else str(error).partition("\n")[0]
        raise StoreError(f"cannot read the measurements in {path} ({reason}): remove it, or put a copy back") from error
    if found != SCHEMA.names:
        raise StoreError(f"{path} holds no measurements, but the columns {', '.join(found)}: remove it")
    rows: list[Row] = table.cast(SCHEMA).to_pylist()
    return rows


def ratios(rows: Sequence[Mapping[str, Any]], work: str, side: str) -> list[float]:
    """A side's seconds by ours of the same work, round and turn; of rows that count, one a round.

    Ours by ours, where a work has several turns, is no ratio: it has none.
    """
    ours = {(r["work"], r["round"], r["turn"]): r["seconds"] for r in rows if r["side"] == US}
    keys = [(r, (r["work"], r["round"], r["turn"])) for r in rows if (r["work"], r["side"]) == (work, side)]
    return [r["seconds"] / ours[key] for r, key in keys if side != US and not r["void"] and ours.get(key)]
