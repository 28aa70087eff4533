"""Which files vouch for which runs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from results import parquet
from results.encode import encoded
from results.errors import DamagedError, Identity
from results.layout import COLLECTED, Layout


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A `runs` file, the runs that are taken from it, and the files of other tables that belong to it."""

    layout: Layout
    name: str
    run_ids: frozenset[str]
    n_shadowed: int
    tables: frozenset[str]

    def rows(self, table: str) -> Iterator[pa.Table]:
        """This source's rows of a table, piece by piece, without those of runs that are taken from elsewhere.

        Raises:
            DamagedError: If the file turns out not to be as it was written.
            FileNotFoundError: If the file has been compacted or set aside since.
        """
        if table in self.tables:
            for piece in parquet.rows(self.layout.file(table, self.name), table):
                found = pc.unique(piece["run_id"]).to_pylist()
                owned = [run_id for run_id in found if run_id in self.run_ids]
                whole = len(owned) == len(found)
                yield piece if whole else piece.filter(pc.is_in(piece["run_id"], encoded(owned, pa.string())))


def done(sources: Collection[Source]) -> set[str]:
    """The runs that are in any of them."""
    return set[str]().union(*(source.run_ids for source in sources))


def snapshot(layout: Layout) -> list[Source]:
    """All sources, the collected one first; a run that is in several is taken from the first.

    Reads the `run_id` column of each `runs` file and the sizes of the files it vouches for. Parts are listed before
    the collected file is read, so a part that is compacted meanwhile is in either or vanishes: it is never missed.

    Raises:
        DamagedError: If a file is not as it was written, as far as this can see.
        FileNotFoundError: If a part has been compacted or set aside since it was listed.
    """
    names = layout.names("runs")
    if layout.file("runs", COLLECTED).exists():
        names.insert(0, COLLECTED)
    seen: set[str] = set()
    sources = []
    for name in names:
        run_ids, sizes = parquet.commit(layout.file("runs", name))
        _check(layout, name, sizes)
        owned = frozenset(run_ids) - seen
        seen |= owned
        tables = frozenset({"runs", *sizes})
        n_shadowed = len(run_ids) - len(owned)
        sources.append(Source(layout=layout, name=name, run_ids=owned, n_shadowed=n_shadowed, tables=tables))
    return sources


def _check(layout: Layout, name: str, sizes: dict[str, parquet.Size]) -> None:
    """See that the files that belong to a `runs` file are there and whole.

    A collected file may be newer than the `runs` file beside it, if compacting was cut short between the two. It then
    holds more rows, so only its end is looked at.
    """
    runs = layout.file("runs", name)
    for table, size in sizes.items():
        path = layout.file(table, name)
        try:
            if name == COLLECTED:
                parquet.check_end(path, table)
            else:
                _check_size(path, size.n_bytes)
        except FileNotFoundError:
            if runs.exists():
                raise DamagedError(path, "it is missing", None) from None
            raise


def _check_size(path: Path, n_bytes: int) -> None:
    found = path.stat()
    if found.st_size != n_bytes:
        reason = f"it has {found.st_size} bytes, {n_bytes} were written"
        raise DamagedError(path, reason, Identity(found.st_ino, found.st_mtime_ns))
