"""The collected files, and the checksums by which they are known again."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from results.layout import COLLECTED, layout
from results.schema import TABLES


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A collected file: its name within the store, and what it is."""

    name: str
    sha256: str
    n_bytes: int
    n_rows: int


def collected_files(out: Path) -> list[File]:
    """The collected file of every table in an output folder; none where nothing has been collected."""
    store = layout(out)
    paths = [store.file(table, COLLECTED) for table in TABLES]
    return [_file(path, store.folder) for path in paths if path.exists()]


def _file(path: Path, folder: Path) -> File:
    with path.open("rb") as file:  # once: collecting may replace it at any moment
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        n_bytes = file.tell()
        file.seek(0)
        n_rows = pq.read_metadata(file).num_rows
    return File(name=path.relative_to(folder).as_posix(), sha256=sha256, n_bytes=n_bytes, n_rows=n_rows)
