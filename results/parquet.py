"""One table in one Parquet file: written with checksums, read with every doubt about it."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from results.columns import arrow_schema
from results.errors import DamagedError, identity
from results.schema import TABLES

_KEY = b"hw1"
_ROWS = 1 << 16
_BYTES = 1 << 25
"""A row group holds this many rows or bytes, so that memory does not grow with the file."""


class Size(NamedTuple):
    """What a file of another table has when it is whole."""

    n_bytes: int
    n_rows: int


class Commit(NamedTuple):
    """What a `runs` file says: which runs it holds, and the files of other tables that it vouches for."""

    run_ids: list[str]
    sizes: dict[str, Size]


def write(file: BinaryIO, table: str, chunks: Iterable[pa.Table], sizes: Mapping[str, Size] | None = None) -> Size:
    """Write a table; ``sizes`` are the files of other tables that it vouches for."""
    n_rows, schema = 0, arrow_schema(table)
    unique = "run_id" if table == "runs" else ""  # a dictionary of what never repeats costs time
    texts = [field.name for field in schema if pa.types.is_string(field.type) and field.name != unique]
    options = {"use_dictionary": texts, "compression": "zstd", "write_page_checksum": True, "store_schema": False}
    options["write_statistics"] = False  # of use to who skips parts of a file; tables are read whole
    with pq.ParquetWriter(file, schema, **options) as writer:
        for group in _grouped(chunks):
            writer.write_table(group, row_group_size=len(group))
            n_rows += len(group)
        writer.add_key_value_metadata({_KEY: json.dumps({"n_rows": n_rows, "sizes": sizes or {}}).encode()})
    return Size(file.tell(), n_rows)


def rows(path: Path, table: str) -> Iterator[pa.Table]:
    """A file's rows, piece by piece; the last piece may still be followed by the news that the file is damaged.

    Raises:
        DamagedError: If the file is not as it was written.
        FileNotFoundError: If it is not there.
    """
    with _opened(path, table) as (parquet, notes):
        n_rows = 0
        for batch in parquet.iter_batches(batch_size=_ROWS, use_threads=True):
            n_rows += len(batch)
            yield _completed(pa.Table.from_batches([batch]), arrow_schema(table))
        _agree(n_rows, notes["n_rows"], "rows")


def commit(path: Path) -> Commit:
    """What a `runs` file commits; reads no more of it than that.

    Raises:
        DamagedError: If that part of the file is not as it was written.
        FileNotFoundError: If it is not there.
    """
    with _opened(path, "runs") as (parquet, notes):
        run_ids = parquet.read(columns=["run_id"], use_threads=False).column(0).to_pylist()
        _agree(len(run_ids), notes["n_rows"], "rows")
        return Commit(run_ids, {name: Size(*size) for name, size in notes["sizes"].items()})


def columns(path: Path, table: str, names: Collection[str]) -> pa.Table:
    """Some columns of a file, whole.

    Raises:
        DamagedError: If that part of the file is not as it was written.
        FileNotFoundError: If it is not there.
    """
    with _opened(path, table) as (parquet, notes):
        read = parquet.read(columns=list(names), use_threads=False)
        _agree(len(read), notes["n_rows"], "rows")
        return _completed(read, pa.schema([arrow_schema(table).field(name) for name in names]))


def check_end(path: Path, table: str) -> None:
    """See that a file ends as a whole file of this table does: a cheap look that a truncated one fails.

    Raises:
        DamagedError: If it does not.
        FileNotFoundError: If it is not there.
    """
    with _opened(path, table) as (parquet, notes):
        _agree(parquet.metadata.num_rows, notes["n_rows"], "rows")


@contextmanager
def _opened(path: Path, table: str) -> Iterator[tuple[pq.ParquetFile, dict[str, Any]]]:
    """The file and its notes; whatever the reader stumbles over is damage, what the system refuses is not."""
    seen = identity(path)
    try:
        with pa.OSFile(str(path)) as file, pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            _check_columns(parquet.schema_arrow, table)
            yield parquet, json.loads(parquet.metadata.metadata[_KEY])
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedError(path, str(error).partition("\n")[0] or type(error).__name__, seen) from error


def _check_columns(found: pa.Schema, table: str) -> None:
    """See that a file has this table's columns; those added after it was written may be absent, but no key."""
    schema, keys = arrow_schema(table), [column.name for column in TABLES[table] if column.key]
    expected = [field for field in schema if field.name in found.names or field.name in keys]
    _agree(found.names, [field.name for field in expected], "columns")
    _agree(found.types, [field.type for field in expected], "types")


def _completed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with nulls in the columns that were added after they were written."""
    if rows.schema.names == schema.names:
        return rows
    columns = [
        rows[field.name] if field.name in rows.schema.names else pa.nulls(len(rows), field.type) for field in schema
    ]
    return pa.table(columns, schema=schema)


def _agree(found: object, written: object, what: str) -> None:
    if found != written:
        raise ValueError(f"it has {found} {what}, {written} were written")


def _grouped(chunks: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in pieces of about one row group each: many small parts become few row groups."""
    waiting: list[pa.Table] = []
    n_rows = n_bytes = 0
    for chunk in chunks:
        waiting.append(chunk)
        n_rows, n_bytes = n_rows + len(chunk), n_bytes + chunk.nbytes
        if n_rows >= _ROWS or n_bytes >= _BYTES:
            yield pa.concat_tables(waiting)
            waiting, n_rows, n_bytes = [], 0, 0
    if n_rows:
        yield pa.concat_tables(waiting)
