"""Damaged files set aside, with what is needed to put them back; the rows that can still be read stay in the store."""

import secrets
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from results.commits import write_commit
from results.disk import Batch, sync_folder, write_whole
from results.errors import DamagedError, identity
from results.layout import COLLECTED, Layout
from results.sources import Known, Source, source
from results.vouchers import Written

README = "README.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """Folder of the damaged files, and how many runs are pending again; None if the file of runs is damaged too."""

    folder: Path
    n_runs: int | None


def set_aside(layout: Layout, damage: DamagedError) -> Aside | None:
    """Move a damaged file to a new folder under ``damaged``, with those rows of its commit that go with it.

    The runs of which no row is in a damaged row group stay in the store. The caller holds the store's lock.

    Returns:
        None if there is another file of this name by now.

    Raises:
        OSError: If the disk refuses.
        FileNotFoundError: If a file vanishes meanwhile.
    """
    if identity(damage.path) != damage.seen:
        return None
    known = {damage.path: damage}
    while True:
        try:
            return _set_aside(layout, damage, known)
        except DamagedError as other:  # of the same commit
            known[other.path] = other


def _set_aside(layout: Layout, damage: DamagedError, known: Known) -> Aside | None:
    table, name = layout.source(damage.path)
    runs = layout.file("runs", name)
    if table == "failures":
        return _moved(layout, damage, {"failures": damage.path}, n_runs=0)
    if runs in known:
        return _moved(layout, damage, _files(layout, name), n_runs=None)
    found = source(layout, layout.tables, name, (), known)
    if found.run_ids:
        return _split(layout, damage, found)
    files = {table: found.file(table) for table in ("runs", *found.commit.sizes)}
    return _moved(layout, damage, files, n_runs=len(found.lost))


def _files(layout: Layout, name: str) -> dict[str, Path]:
    """The files of a commit whose `runs` file cannot be read, by table, those that replace each other by name."""
    runs = layout.file("runs", name)
    if name != COLLECTED:
        return {table: layout.file(table, name) for table in ("runs", *layout.tables.vouched)}
    content, files = runs.read_bytes() if runs.exists() else b"", {"runs": runs}
    for table in layout.tables.vouched:
        for path in layout.collected(table):
            is_current = path.stem == table or path.stem.partition("-")[2].encode() in content
            files[table if is_current and table not in files else path.stem] = path
    return files


def _moved(layout: Layout, damage: DamagedError, files: dict[str, Path], *, n_runs: int | None) -> Aside | None:
    folder = layout.new_folder(layout.source(damage.path)[1])
    _write_readme(layout, damage, folder, files)
    moved = 0
    for stem, path in files.items():
        with suppress(FileNotFoundError):
            path.rename(folder / f"{stem}.parquet")
            moved += 1
    if moved:
        return Aside(folder=folder, n_runs=n_runs)
    (folder / README).unlink()
    folder.rmdir()
    return None


def _split(layout: Layout, damage: DamagedError, found: Source) -> Aside:
    """Write what can still be read as a part, the rest of the commit beside the damaged file, and remove both."""
    folder, token = layout.new_folder(found.name), secrets.token_hex(4)
    gone = replace(found, lost=found.run_ids, tables=found.tables - found.damaged, damaged=_NONE)
    others = {table: _lost_of(found, table) for table in found.commit.sizes if table not in gone.tables}
    _write_readme(layout, damage, folder, {table: found.file(table) for table in ("runs", *found.commit.sizes)})
    with _removed_on_error(folder), Batch() as batch:
        write_commit(
            batch,
            gone.tables,
            path=lambda table: folder / f"{table}.parquet",
            pieces=gone.rows,
            schema=found.schema,
            token=found.commit.token,
            others=others,
        )
        write_commit(
            batch,
            found.tables,
            path=lambda table: layout.file(table, f"kept-{token}"),
            pieces=lambda table: _filled(found.rows(table)),
            schema=found.schema,
            token=token,
        )
        batch.publish()
    for table in found.damaged:
        found.file(table).rename(folder / f"{table}.parquet")
    sync_folder(folder)
    for table in ("runs", *found.commit.sizes):
        found.file(table).unlink(missing_ok=True)
    return Aside(folder=folder, n_runs=len(found.lost))


@contextmanager
def _removed_on_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


_NONE = frozenset[str]()


def _filled(pieces: Iterator[pa.Table]) -> Iterator[pa.Table]:
    return (piece for piece in pieces if len(piece))


def _lost_of(found: Source, table: str) -> Written:
    """A damaged file as it was, with the rows of the runs that go with it."""
    n_rows_of = found.commit.n_rows_of(table) or {}
    return Written(found.commit.sizes[table], {run_id: n_rows_of.get(run_id, 0) for run_id in found.lost})


def _write_readme(layout: Layout, damage: DamagedError, folder: Path, files: dict[str, Path]) -> None:
    """Say why files are here and how to put them back: as a part, which replaces nothing."""
    tables = [
        table for table in (*layout.tables.vouched, "failures", "runs") if table in files and files[table].exists()
    ]
    here, name = folder.relative_to(layout.folder), folder.name
    back = [f"mv -n {shlex.quote(f'{here}/{table}.parquet')} parts/{table}/{name}.parquet" for table in tables]
    table = layout.source(damage.path)[0]
    lines = [
        f"Set aside on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: a file of the store was damaged.",
        "",
        f"    {damage.path}",
        f"    {damage.reason}",
        "",
        "The runs that need it are pending again: `hw1 submit` trains them, and then this folder can be removed.",
        f"If you have a whole copy of the file, put it here as {table}.parquet first.",
        "This puts the files back, `runs` last:",
        "",
        f"    cd {shlex.quote(str(layout.folder))}",
        *(f"    {line}" for line in back),
        "",
        "`hw1 collect` then reads every byte of them. Runs that were trained again meanwhile are not counted twice.",
        "",
        "Where the files were:",
        "",
        *(f"    {path}" for path in files.values() if path.exists()),
        "",
    ]
    write_whole(folder / README, "\n".join(lines))
