"""One table in one Parquet file: written with checksums, verified on reading."""

import json
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from results.columns import arrow_schema, filled
from results.encode import encoded
from results.errors import DamagedError, Identity, SchemaError, StoreError
from results.notes import at_end, stamped
from results.schema import PACK, Table
from results.vouchers import Commit, Size, Written, commit_of, noted

_KEY = b"hw1"
_FEW, _FEW_PACKS = 1000, 50
"""Runs and packs of a `runs` file, up to which its notes tell them: with as many they have 60 kB."""
_ROWS = 1 << 16
_BYTES = 1 << 25
"""A row group holds this many rows or bytes, so that memory does not grow with the file."""


def write(
    file: BinaryIO,
    table: Table,
    chunks: Iterable[pa.Table],
    *,
    token: str = "",
    vouched: Mapping[str, Written] | None = None,
) -> Written:
    """Write a table.

    Args:
        file: Where to.
        table: The table.
        chunks: Its rows.
        token: What the files of one commit share, so that none is taken for another's.
        vouched: Of `runs`, the files of other tables that it vouches for.
    """
    schema, n_rows_of, packs = arrow_schema(table), Counter[str](), dict[str, dict[str, Any]]()
    unique = "run_id" if table.name == "runs" else ""  # a dictionary of what never repeats costs time
    texts = [field.name for field in schema if pa.types.is_string(field.type) and field.name != unique]
    options = {"use_dictionary": texts, "compression": "zstd", "write_page_checksum": True, "store_schema": False}
    options["write_statistics"] = False  # of use to who skips parts of a file; tables are read whole
    with pq.ParquetWriter(file, schema, **options) as writer:
        for group in _grouped(chunks):
            writer.write_table(group, row_group_size=len(group))
            n_rows_of.update(_n_rows_of(group))
            if table.name == "runs" and len(packs) <= _FEW_PACKS:
                packs |= _packs_of(group)
        notes = {**noted(token, list(n_rows_of), vouched or {}), "n_rows": n_rows_of.total()}
        notes |= {"run_ids": list(n_rows_of)} if table.name == "runs" and len(n_rows_of) <= _FEW else {}
        notes |= {"packs": list(packs.values())} if 0 < len(packs) <= _FEW_PACKS else {}
        writer.add_key_value_metadata({_KEY: stamped(notes, file.tell())})
    return Written(Size(file.tell(), n_rows_of.total()), n_rows_of)


def rows(path: Path, table: Table, token: str = "", columns: Collection[str] | None = None) -> Iterator[pa.Table]:
    """A file's rows, piece by piece; the last piece may still be followed by the news that the file is damaged.

    Args:
        path: The file.
        table: Its table.
        token: That of its commit, where it is known.
        columns: Names of those to read; all by default.

    Raises:
        DamagedError: If the file is not as it was written.
        FileNotFoundError: If it is not there.
    """
    with _opened(path, table) as (parquet, notes):
        _agree(notes.get("token", "") if token else token, token, "as its commit's token")
        n_read, wanted = 0, _only(table, columns)
        names = set(parquet.schema_arrow.names)
        there = [column.name for column in wanted.columns if column.name in names]
        for batch in parquet.iter_batches(batch_size=_ROWS, columns=there, use_threads=False):
            n_read += len(batch)
            yield filled(pa.Table.from_batches([batch]), wanted)
        _agree(n_read, notes["n_rows"], "rows")


def intact_rows(
    path: Path, table: Table, token: str = "", columns: Collection[str] | None = None
) -> Iterator[pa.Table]:
    """The rows of those row groups of a damaged file that are as they were written, or some of their columns.

    Raises:
        FileNotFoundError: If the file is not there.
    """
    try:
        with _opened(path, table) as (parquet, notes):
            _agree(notes.get("token", "") if token else token, token, "as its commit's token")
            _agree(parquet.metadata.num_rows, notes["n_rows"], "rows")
            n_groups = parquet.num_row_groups
    except DamagedError:
        return
    for k in range(n_groups):
        try:
            with _opened(path, table) as (parquet, _):
                piece = parquet.read_row_group(k, use_threads=False)
        except DamagedError:
            continue
        yield filled(piece, table) if columns is None else filled(piece, table).select(list(columns))


def intact_n_rows_of(path: Path, table: Table, token: str = "") -> Counter[str]:
    """Intact rows of a damaged file, by run.

    Raises:
        FileNotFoundError: If the file is not there.
    """
    found = Counter[str]()
    for piece in intact_rows(path, table, token):
        found.update(_n_rows_of(piece))
    return found


def commit(path: Path, table: Table) -> Commit:
    """The commit of a file of the table `runs`; reads no more of the file than that, of a small one its notes.

    Raises:
        DamagedError: If that part of the file is not as it was written.
        FileNotFoundError: If it is not there.
    """
    noted = at_end(path)
    if noted is not None and "run_ids" in noted:
        return commit_of(noted["run_ids"], noted)
    with _opened(path, table) as (parquet, notes):
        ids = parquet.read(columns=["run_id"], use_threads=False).column(0)
        _agree(len(ids), notes["n_rows"], "rows")
        return commit_of(ids, notes)


def packs(path: Path, table: Table, names: Collection[str]) -> list[dict[str, Any]]:
    """These values of a file of the table `runs`, which are columns of `PACK`: those of one run of each of its packs.

    Raises:
        DamagedError: If that part of the file is not as it was written.
        FileNotFoundError: If it is not there.
    """
    noted = at_end(path)
    if noted is not None and "packs" in noted:
        return [{name: row.get(name) for name in names} for row in noted["packs"]]
    with _opened(path, table) as (parquet, notes):
        columns = set(parquet.schema_arrow.names)
        there = [name for name in names if name in columns]
        read = parquet.read(columns=there, use_threads=False)
        _agree(parquet.metadata.num_rows, notes["n_rows"], "rows")
        return list(_packs_of(filled(read, _only(table, names))).values())


def _packs_of(rows: pa.Table) -> dict[str, dict[str, Any]]:
    """The last row of each pack, by its id (`group_by` would import pandas)."""
    last = {pack_id: row for row, pack_id in enumerate(rows["pack_id"].to_pylist())}
    told = rows.select([name for name in PACK if name in rows.column_names])
    return dict(zip(last, told.take(encoded(list(last.values()), pa.int64())).to_pylist(), strict=True))


def _only(table: Table, names: Collection[str] | None) -> Table:
    """The table with these columns alone."""
    if names is None:
        return table
    of = {column.name: column for column in table.columns}
    return Table(name=table.name, columns=tuple(of[name] for name in names))


def n_rows(path: Path, table: Table) -> int:
    """Number of rows in a file, read from its end: a cheap look that a truncated file fails.

    Raises:
        DamagedError: If it does not end as a whole file of this table does.
        FileNotFoundError: If it is not there.
    """
    with _opened(path, table) as (parquet, notes):
        _agree(parquet.metadata.num_rows, notes["n_rows"], "rows")
        return int(parquet.metadata.num_rows)


@contextmanager
def _opened(path: Path, table: Table) -> Iterator[tuple[pq.ParquetFile, dict[str, Any]]]:
    """The file and its notes; damage is only what is wrong with the bytes that were read.

    Reads in this thread alone: no limit on threads then fails it, and more threads read these files no faster.
    """
    seen = _plain_file(path)
    try:
        with pa.OSFile(str(path)) as file, pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            _check_columns(parquet.schema_arrow, table)
            yield parquet, _notes(parquet)
    except StoreError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = str(error).partition("\n")[0] or type(error).__name__
        if _is_about_bytes(error):
            raise DamagedError(path, reason, seen) from error
        raise StoreError(f"cannot read {path}: {reason}; the file was left as it is") from error


def _is_about_bytes(error: Exception) -> bool:
    """True if an error of the reader can only come of the bytes that it read: not of memory, threads or time.

    Arrow says what it found in a file as an OSError without a number, or as one of its own kinds of error; all
    else that fails it, such as a thread that it cannot start, is a plain ArrowException.
    """
    if isinstance(error, MemoryError | pa.ArrowCancelled):
        return False
    if isinstance(error, pa.ArrowNotImplementedError):  # a flipped bit may ask for what no reader has
        return bool(pa.Codec.is_available("zstd"))
    return isinstance(error, OSError | ValueError) or (
        isinstance(error, pa.ArrowException) and type(error) is not pa.ArrowException
    )


def _plain_file(path: Path) -> Identity:
    """Which file this is, once it is seen that opening it waits for nobody."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(f"{path} must be a plain file: remove it, or put back the file that had this name")
    return Identity(found.st_ino, found.st_mtime_ns)


def _notes(parquet: pq.ParquetFile) -> dict[str, Any]:
    notes = json.loads((parquet.metadata.metadata or {}).get(_KEY, b"{}"))
    if not isinstance(notes, dict) or not isinstance(notes.get("n_rows"), int):
        raise ValueError("it has no notes of how many rows were written")  # noqa: TRY004 - of the file, not of a caller
    return notes


def _n_rows_of(rows: pa.Table) -> dict[str, int]:
    counts = pc.value_counts(rows["run_id"])
    return dict(zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True))


def _check_columns(found: pa.Schema, table: Table) -> None:
    """See that a file's columns are of this table; those added after it was written may be absent, but no key.

    Raises:
        SchemaError: If it has columns that the store does not know.
    """
    schema = arrow_schema(table)
    if found.equals(schema):
        return
    strangers = [name for name in found.names if name not in schema.names]
    if strangers and set(schema.names) < set(found.names):
        raise SchemaError(
            f"`{table.name}` was written with the columns {', '.join(strangers)}, which schema.json does not have: put "
            "back the newest one"
        )
    _agree(strangers, [], "unknown columns")
    absent = [column.name for column in table.columns if column.key and column.name not in found.names]
    _agree(absent, [], "missing columns")
    both = [name for name in schema.names if name in found.names]
    types = [(name, found.field(name).type) for name in both]
    _agree([pair for pair in types if not _fits(pair[1], schema.field(pair[0]).type)], [], "columns of other types")


def _fits(found: pa.DataType, wanted: pa.DataType) -> bool:
    """True if values of one type are read as the other: whole numbers may have become real ones since."""
    return bool(found == wanted or (pa.types.is_int64(found) and pa.types.is_float64(wanted)))


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
