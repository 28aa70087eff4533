"""The files that the tables are read from, and the checksums by which they are known again."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from results import parquet
from results.errors import DamagedError, identity
from results.layout import COLLECTED, Layout
from results.store import Store

PARTS = "parts/*/*.parquet"
"""Name of all files that are not collected yet, in the order in which they are summed up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file of the store, or all that are not collected yet: its name within the store, and what it is."""

    name: str
    sha256: str
    n_bytes: int
    n_rows: int


def files_read(out: Path) -> list[File]:
    """The collected file of every table in an output folder, and the parts taken together; none where nothing is.

    Raises:
        StoreError: If the store cannot be read.
    """
    store = Store(out, only_looks=True)
    return store.settled(lambda: _files(store))


def _files(store: Store) -> list[File]:
    folder, sources = store.layout.folder, store.sources()
    paths = [
        (t, s.file(t)) for s in sources if s.name == COLLECTED for t in store.layout.tables.tables if t in s.tables
    ]
    failures = store.layout.file("failures", COLLECTED)
    paths += [("failures", failures)] if identity(failures) else []
    parts = [
        (table, store.layout.file(table, name))
        for table in store.layout.tables.tables
        for name in store.layout.names(table)
    ]
    found = [_file(store.layout, path.relative_to(folder).as_posix(), [(table, path)]) for table, path in paths]
    return [*found, _file(store.layout, PARTS, sorted(parts, key=lambda part: part[1]))] if parts else found


def _file(layout: Layout, name: str, paths: Sequence[tuple[str, Path]]) -> File:
    """Checksum of files one after the other, as `cat` gives them."""
    sha256, n_bytes, n_rows = hashlib.sha256(), 0, 0
    for table, path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                sha256.update(block)
            n_bytes += file.tell()
        with suppress(DamagedError):  # its rows are in no table
            n_rows += parquet.n_rows(path, layout.table(table))
    return File(name=name, sha256=sha256.hexdigest(), n_bytes=n_bytes, n_rows=n_rows)
