"""Which files vouch for which runs."""

import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from results import parquet
from results.encode import encoded
from results.errors import DamagedError, Identity, StoreError, identity
from results.layout import COLLECTED, Layout
from results.schema import Schema, Table
from results.vouchers import Commit, Size

Known = Mapping[Path, DamagedError]
"""Files that were found damaged, by path."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A `runs` file, the runs that are taken from it, and the files of other tables that belong to it.

    ``lost`` are runs whose rows in a damaged file cannot be read, ``shadowed`` others taken from another one.
    """

    layout: Layout
    schema: Schema
    name: str
    commit: Commit
    tables: frozenset[str]
    damaged: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    shadowed: frozenset[str] = frozenset()

    @cached_property
    def run_ids(self) -> frozenset[str]:
        """The runs that are taken from it; of a million the set takes a third of a second, and many need none."""
        there = frozenset(self.commit.run_ids)
        return there.difference(self.lost, self.shadowed) if self.lost or self.shadowed else there

    def file(self, table: str) -> Path:
        """This source's file of a table."""
        return self.layout.file(table, self.name, self.commit.token)

    def rows(self, table: str, columns: Collection[str] | None = None) -> Iterator[pa.Table]:
        """This source's rows of a table, piece by piece, without those of runs that are taken from elsewhere.

        Of `columns`, where they are given, `run_id` must be one, unless all of its runs are taken from it.

        Raises:
            DamagedError: If the file turns out not to be as it was written.
            FileNotFoundError: If the file has been compacted or set aside since.
        """
        if table not in self.tables:
            return
        read = parquet.intact_rows if table in self.damaged else parquet.rows
        pieces = read(self.file(table), self.schema.table(table), self.commit.token, columns)
        yield from pieces if self._is_own(table) else (self._owned(piece) for piece in pieces)

    @property
    def is_whole(self) -> bool:
        """True if all runs of the file are taken from it."""
        return not (self.shadowed or self.lost)

    def _owned(self, piece: pa.Table) -> pa.Table:
        found = pc.unique(piece["run_id"]).to_pylist()
        owned = [run_id for run_id in found if run_id in self.run_ids]
        whole = len(owned) == len(found)
        return piece if whole else piece.filter(pc.is_in(piece["run_id"], encoded(owned, pa.string())))

    def _is_own(self, table: str) -> bool:
        """True if all rows of the file are of runs that are taken from here."""
        if not self.is_whole:
            return False
        n_rows = self.commit.n_rows(table)
        if n_rows is None:  # of an older version: only its collected files held other runs' rows
            return table == "runs" or self.name != COLLECTED
        return n_rows == self.commit.sizes[table].n_rows


def done(sources: Collection[Source]) -> frozenset[str]:
    """The runs that are in any of them."""
    first, *others = [source.run_ids for source in sources] or [frozenset[str]()]
    return first.union(*others) if others else first  # of a million runs a copy takes a tenth of a second


def snapshot(layout: Layout, known: Known) -> list[Source]:
    """All sources, the collected one first; a run that is in several is taken from the first.

    Reads the `run_id` column of each `runs` file and the sizes of the files it vouches for. Parts are listed before
    the collected file is read, so a part that is compacted meanwhile is in either or vanishes: it is never missed.

    Args:
        layout: Where the store is.
        known: Damaged files: what they hold that cannot be read is left out.

    Raises:
        DamagedError: If another file is not as it was written, as far as this can see.
        FileNotFoundError: If a part has been compacted or set aside since it was listed.
    """
    names = layout.names("runs")
    schema = layout.tables  # as it is after they are listed: a table is noted before a part has rows of it
    if identity(layout.file("runs", COLLECTED)):
        names.insert(0, COLLECTED)
    seen: set[str] = set()
    sources: list[Source] = []
    for name in names:
        if not (known and is_known(layout.file("runs", name), known)):
            seen.update(sources[-1].run_ids if sources else ())
            sources.append(source(layout, schema, name, seen, known))
    return sources


def schema_of(sources: Collection[Source], layout: Layout) -> Schema:
    """The tables that their rows are read as: meanwhile a worker may have noted a column more."""
    return next((source.schema for source in sources), None) or layout.tables


def is_known(path: Path, known: Known) -> bool:
    """True if this is a file that was found damaged, and no other that has its name by now."""
    return path in known and identity(path) == known[path].seen


def source(layout: Layout, schema: Schema, name: str, seen: Collection[str], known: Known) -> Source:
    """One source, with those of its runs that are not in `seen`.

    Raises:
        DamagedError: If a file other than the known ones is not as it was written, as far as this can see.
        FileNotFoundError: If it has been compacted or set aside since it was listed.
    """
    runs = layout.file("runs", name)
    which = identity(runs)
    commit = parquet.commit(runs, schema.table("runs"))
    missing, damaged, lost = set[str](), set[str](), set[str]()
    for table, size in commit.sizes.items():
        path = layout.file(table, name, commit.token)
        if known and is_known(path, known):
            (missing if known[path].seen is None else damaged).add(table)
            lost |= _lost(schema, commit, table, path)
            continue
        try:
            _check(path, schema.table(table), size, exact=bool(commit.token) or name != COLLECTED)
        except FileNotFoundError:
            if identity(runs) == which:
                raise DamagedError(path, "it is missing", None) from None
            raise
    return Source(
        layout=layout,
        schema=schema,
        name=name,
        commit=commit,
        tables=frozenset({"runs", *commit.sizes} - missing),
        damaged=frozenset(damaged),
        lost=frozenset(lost),
        shadowed=frozenset(i for i in commit.run_ids if i in seen and i not in lost) if seen else frozenset(),
    )


def _lost(schema: Schema, commit: Commit, table: str, path: Path) -> set[str]:
    """The runs of which rows in a damaged or missing file cannot be read; all, where it is not known which had any."""
    written = commit.n_rows_of(table)
    if written is None:
        return set(commit.run_ids)
    intact = parquet.intact_n_rows_of(path, schema.table(table), commit.token) if identity(path) else {}
    return {run_id for run_id, n_rows in written.items() if n_rows != intact.get(run_id, 0)}


def _check(path: Path, table: Table, size: Size, *, exact: bool) -> None:
    """See that a file that belongs to a `runs` file is there and whole.

    A collected file of an older version may be newer than the `runs` file beside it, if compacting was cut short
    between the two. It then holds more rows, so only its end is looked at.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(f"{path} must be a plain file: remove it, or put back the file that had this name")
    if found.st_size == size.n_bytes:
        return
    which = Identity(found.st_ino, found.st_mtime_ns)
    if exact:
        raise DamagedError(path, f"it has {found.st_size} bytes, {size.n_bytes} were written", which)
    n_rows = parquet.n_rows(path, table)
    if n_rows < size.n_rows:
        raise DamagedError(path, f"it has {n_rows} rows, {size.n_rows} were written: it is an older file", which)
