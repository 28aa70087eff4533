"""A commit on its way to the disk: files of several tables, `runs` last, which vouches for the others."""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from results import parquet
from results.disk import Batch
from results.schema import CORE, Schema
from results.vouchers import Written


def write_commit(  # noqa: PLR0913 - all but the first two by name
    batch: Batch,
    tables: Collection[str],
    *,
    path: Callable[[str], Path],
    pieces: Callable[[str], Iterable[pa.Table]],
    schema: Schema,
    token: str,
    others: Mapping[str, Written] | None = None,
) -> None:
    """Write the files of one commit; they have their names once the batch is published.

    Args:
        batch: Where they are written.
        tables: The tables that have a file.
        path: A table's file.
        pieces: A table's rows.
        schema: The store's tables.
        token: What the files have in common.
        others: Files that are there already, for which `runs` vouches too.
    """
    vouched = dict(others or {})
    for table in sorted(tables, key=lambda table: table == "runs"):
        with batch.file(path(table)) as file:
            written = parquet.write(
                file, schema.tables[table], pieces(table), token=token, vouched=vouched if table == "runs" else None
            )
        if table not in CORE:
            vouched[table] = written
