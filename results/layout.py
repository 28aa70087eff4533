"""Where everything in a store is, and which tables it was written with."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results.disk import TEMPORARY, read_small, unwritable, write_whole
from results.errors import SchemaError, StoreError
from results.schema import SCHEMA, TABLES

COLLECTED = "collected"
"""Name of the files that `collect` compacts into; parts are named after their pack."""

VOUCHED = tuple(table for table in TABLES if table not in {"runs", "failures"})
"""Tables whose rows count only where `runs` vouches for them."""

_OURS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.parquet")

_LEFTOVER_S = 86_400
"""A file that nothing vouches for may be on its way for this long; after that its writer is taken for dead."""


def layout(out: Path) -> "Layout":
    """The store of an output folder."""
    return Layout(out / "store")


@dataclass(frozen=True, slots=True)
class Layout:
    """Every path of the store in one folder."""

    folder: Path

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
            suffix = f"-{token}" if token and table in VOUCHED else ""
            return self.folder / COLLECTED / f"{table}{suffix}.parquet"
        return self.folder / "parts" / table / f"{name}.parquet"

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

    def create(self) -> None:
        """Make the folders and the schema file, where they are not there yet; note tables that are new to the store.

        Raises:
            SchemaError: If the store is there, with other tables.
            StoreError: If the disk refuses.
        """
        written = self.check()
        try:
            for folder in (self.folder / COLLECTED, *(self.folder / "parts" / table for table in TABLES)):
                folder.mkdir(parents=True, exist_ok=True)
            if written != _columns():
                write_whole(self.schema, json.dumps({"schema": SCHEMA, "tables": _columns()}, indent=1))
        except OSError as error:
            raise unwritable(Path(error.filename or self.folder), error) from error

    def check(self) -> dict[str, Any] | None:
        """See that the store, if there is one, was written with columns as this version knows them, or with fewer.

        Returns:
            The columns that it was written with, by table; None if there is no store.

        Raises:
            SchemaError: If not.
            StoreError: If the system refuses to say.
        """
        remedy = f"this version writes schema {SCHEMA}: use another --out, or the version that wrote it"
        try:
            number, tables = _schema(read_small(self.schema))
        except FileNotFoundError:
            if self._has_data() and not self.schema.exists():
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
        known = _columns()
        if not all(table in known and columns.items() <= known[table].items() for table, columns in tables.items()):
            raise SchemaError(f"{self.folder} was written with other columns under the same number; {remedy}")
        return tables

    def _has_data(self) -> bool:
        try:
            return any(self.names(table) or self.collected(table) for table in TABLES)
        except OSError as error:
            raise StoreError(f"cannot read the store: {error}") from error

    def remove(self, name: str) -> None:
        """Remove a part: first the file that vouches for the others."""
        for table in ("runs", *VOUCHED):
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
        for table in VOUCHED:
            yield from (self.file(table, name) for name in self.names(table) if name not in runs)

    def new_folder(self, name: str) -> Path:
        """A new folder for damaged files of this name."""
        for n in range(1, 10_000):
            folder = self.folder / "damaged" / f"{name}-{n}"
            try:
                folder.mkdir(parents=True)
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


def _schema(content: bytes) -> tuple[int, dict[str, dict[str, str]]]:
    found = json.loads(content)
    return found["schema"], {table: dict(columns) for table, columns in found["tables"].items()}


def _columns() -> dict[str, dict[str, str]]:
    return {table: {column.name: column.type for column in columns} for table, columns in TABLES.items()}
