"""Layout of a store: its files, and the tables it was written with."""

import functools
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from results.access import make_folder
from results.disk import TEMPORARY, flock, read_small, unwritable, write_whole
from results.errors import SchemaError, StoreError, identity
from results.schema import CORE, SCHEMA, Schema, Table
from results.workspace import Workspace

COLLECTED = "collected"
"""Name of the files that `collect` compacts into; parts are named after their pack."""

_OURS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.parquet")

_SCHEMA_S = 600.0
"""Noting a new table takes no time; a lock that is held for longer than this is stuck."""

_LEFTOVER_S = 86_400
"""A file that nothing vouches for may be on its way for this long; after that its writer is taken for dead."""


def layout(out: Path, declared: Iterable[Table] = ()) -> "Layout":
    """The store of an output folder, with the tables that a project declares."""
    return Layout(Workspace(out).store, tuple(declared))


@dataclass(frozen=True, slots=True)
class Layout:
    """Every path of the store in one folder."""

    folder: Path
    declared: tuple[Table, ...] = ()
    """Tables that count as the store's, though nothing may have been written in them."""

    @property
    def schema(self) -> Path:
        """The file that says with which tables this store was written."""
        return self.folder / "schema.json"

    @property
    def lock(self) -> Path:
        """The file that is locked by whoever rewrites or removes files; adding files needs no lock."""
        return self.folder / "lock"

    def file(self, table: str, name: str, token: str = "") -> Path:
        """A table's file: of a part, or the collected one, which is named after its commit where that has a token."""
        if name == COLLECTED:
            suffix = f"-{token}" if token and table not in CORE else ""
            return self.folder / COLLECTED / f"{table}{suffix}.parquet"
        return Path(f"{self.folder}/parts/{table}/{name}.parquet")  # a store may have thousands: three times as fast

    def names(self, table: str) -> list[str]:
        """Parts that have a file of this table, in a fixed order; what is named or made otherwise is nobody's."""
        return sorted(stem for stem in _stems(self.folder / "parts" / table))

    def collected(self, table: str) -> list[Path]:
        """The collected files of a table: one, or also those that a compaction which was cut short left or wrote."""
        folder = self.folder / COLLECTED
        return sorted(folder / f"{stem}.parquet" for stem in _stems(folder) if stem.partition("-")[0] == table)

    def source(self, path: Path) -> tuple[str, str]:
        """Table of one of the store's files, and the name of its part or of what is collected."""
        folder = path.parent.name
        return (path.stem.partition("-")[0], COLLECTED) if folder == COLLECTED else (folder, path.stem)

    @property
    def tables(self) -> Schema:
        """The tables of this store: those that its schema's file names, and those of every store.

        Raises:
            SchemaError: If it was written by another version.
            StoreError: If the system refuses to say.
        """
        try:
            return (self.check() or Schema()).merged(self.declared)
        except ValueError as error:
            raise SchemaError(f"{self.folder} has other columns than this project: {error}") from None

    def table(self, name: str) -> Table:
        """One table; with the columns of every row where the store does not have it."""
        return self.tables.table(name)

    def create(self, declared: Iterable[Table] = ()) -> Schema:
        """Make the folders and the schema's file, where they are not there yet; note tables that are new to the store.

        Raises:
            ValueError: If a column is declared with another type than this store has.
            SchemaError: If the store was written by another version.
            StoreError: If the disk refuses.
        """
        declared = (*self.declared, *declared)
        written = self.check(whole=False)
        merged = (written or Schema()).merged(CORE.values()).merged(declared)
        try:
            for folder in self._folders(merged):
                make_folder(folder, below=self.folder.parent)
            if written is None or merged.text() != written.text():
                with flock(self.folder / "schema.lock", wait_s=_SCHEMA_S):
                    merged = (self.check(whole=False) or Schema()).merged(CORE.values()).merged(declared)
                    write_whole(self.schema, merged.text())
        except OSError as error:
            raise unwritable(Path(error.filename or self.folder), error) from error
        return merged

    def is_there(self) -> bool:
        """True if there is a store, though it may be empty.

        Raises:
            StoreError: If something else has the name of one of its folders, such as a link to a disk that is away.
        """
        for folder in (self.folder, self.folder / COLLECTED, self.folder / "parts"):
            try:
                is_folder = stat.S_ISDIR(folder.stat().st_mode)
            except FileNotFoundError:
                is_folder = not folder.is_symlink()
            except OSError as error:
                raise StoreError(f"cannot read the store: {error}") from error
            if not is_folder:
                raise StoreError(f"{folder} must be a folder: remove it, or put back the folder that had this name")
        return identity(self.folder) is not None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder that files of this store may be written in.

        Raises:
            SchemaError: If it was written by another version.
            StoreError: If the system refuses to say.
        """
        return self.folder, *self._folders(self.tables)

    def _folders(self, schema: Schema) -> tuple[Path, ...]:
        return self.folder / COLLECTED, *(self.folder / "parts" / table for table in schema.tables)

    def check(self, *, whole: bool = True) -> Schema | None:
        """The store's own tables, with those of every store unless they are wanted as they were written.

        Returns:
            None if there is no store.

        Raises:
            SchemaError: If it was written by another version.
            StoreError: If the system refuses to say.
        """
        remedy = f"this version writes schema {SCHEMA}: use another --out, or the version that wrote it"
        try:
            number, found = _read(self.schema)
        except FileNotFoundError:
            if self._has_data() and identity(self.schema) is None:
                copied = f"copy it from a backup, or from a store of the version that wrote this one ({remedy})"
                raise SchemaError(f"{self.schema} is missing from a store with data in it; {copied}") from None
            return None
        except OSError as error:
            raise StoreError(f"cannot read the store: {error}") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            copied = "copy it from a backup or from another store of that version"
            raise SchemaError(
                f"{self.schema} does not say with which schema the store was written: {copied}; {remedy}"
            ) from None
        if number != SCHEMA:
            raise SchemaError(f"{self.folder} was written with schema {number}; {remedy}")
        try:
            merged = found.merged(CORE.values())
        except ValueError:
            raise SchemaError(f"{self.folder} was written with other columns under the same number; {remedy}") from None
        return merged if whole else found

    def _has_data(self) -> bool:
        try:
            parts = self.folder / "parts"
            there = [folder.name for folder in parts.iterdir()] if parts.is_dir() else []
            return any(map(self.names, there)) or any(_stems(self.folder / COLLECTED))
        except OSError as error:
            raise StoreError(f"cannot read the store: {error}") from error

    def remove(self, name: str) -> None:
        """Remove a part: first the file that vouches for the others."""
        for table in ("runs", *self.tables.vouched):
            self.file(table, name).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what writers left that were killed a day ago or more."""
        runs = set(self.names("runs"))
        for path in self._unfinished(runs):
            with suppress(OSError):  # gone, or a folder, which is nobody's
                if time.time() - path.stat().st_mtime > _LEFTOVER_S:
                    path.unlink()

    def _unfinished(self, runs: set[str]) -> Iterator[Path]:
        yield from self.folder.glob(f"**/.*{TEMPORARY}")
        for table in self.tables.vouched:
            yield from (self.file(table, name) for name in self.names(table) if name not in runs)

    def new_folder(self, name: str) -> Path:
        """A new folder for damaged files of this name."""
        for n in range(1, 10_000):
            folder = self.folder / "damaged" / f"{name}-{n}"
            try:
                make_folder(folder.parent, below=self.folder.parent)
                folder.mkdir(mode=stat.S_IMODE(folder.parent.stat().st_mode))
            except FileExistsError:
                continue
            return folder
        raise FileExistsError(f"too many folders {self.folder / 'damaged' / name}-*; remove some")


def _stems(folder: Path) -> Iterator[str]:
    """Names of the plain files in a folder that this program can have written, without their ending."""
    try:
        entries = [entry for entry in os.scandir(folder) if _OURS.fullmatch(entry.name)]
    except FileNotFoundError:
        return
    for entry in entries:
        with suppress(OSError):  # a link loop
            if entry.is_file():
                yield entry.name.removesuffix(".parquet")


def _read(path: Path) -> tuple[int, Schema]:
    """A schema's file; read again only when it has changed."""
    found = path.stat()
    return _parsed(path, (found.st_ino, found.st_mtime_ns, found.st_size))


@functools.lru_cache(maxsize=64)
def _parsed(path: Path, _identity: tuple[int, int, int]) -> tuple[int, Schema]:
    return Schema.read(read_small(path))
