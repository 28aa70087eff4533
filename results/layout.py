"""Where everything in a store is, and which tables it was written with."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from results.disk import TEMPORARY, Batch, unwritable
from results.errors import SchemaError
from results.schema import SCHEMA, TABLES

COLLECTED = "collected"
"""Name of the files that `collect` compacts into; parts are named after their pack."""

VOUCHED = tuple(table for table in TABLES if table not in {"runs", "failures"})
"""Tables whose rows count only where `runs` vouches for them."""

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

    def file(self, table: str, name: str) -> Path:
        """A table's file: of a part, or the collected one."""
        if name == COLLECTED:
            return self.folder / COLLECTED / f"{table}.parquet"
        return self.folder / "parts" / table / f"{name}.parquet"

    def names(self, table: str) -> list[str]:
        """Parts that have a file of this table, in a fixed order."""
        return sorted(path.stem for path in (self.folder / "parts" / table).glob("*.parquet"))

    def part(self, path: Path) -> tuple[str, str]:
        """Table and name of one of the store's files."""
        folder = path.parent.name
        return (path.stem, COLLECTED) if folder == COLLECTED else (folder, path.stem)

    def create(self) -> None:
        """Make the folders and the schema file, where they are not there yet; note tables that are new to the store.

        Raises:
            SchemaError: If the store is there, with other tables.
            StoreError: If the disk refuses.
        """
        self.check()
        try:
            for folder in (self.folder / COLLECTED, *(self.folder / "parts" / table for table in TABLES)):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        if self._is_current():
            return
        with Batch() as batch:
            with batch.file(self.schema) as file:
                file.write(json.dumps({"schema": SCHEMA, "tables": _columns()}, indent=1).encode())
            batch.publish()

    def check(self) -> None:
        """See that the store, if there is one, was written with columns as this version knows them, or with fewer.

        Raises:
            SchemaError: If not.
        """
        remedy = f"this version writes schema {SCHEMA}: use another --out, or the version that wrote it"
        try:
            found = json.loads(self.schema.read_bytes())
            number, tables = found["schema"], dict(found["tables"])
        except FileNotFoundError:
            if any(self.folder.glob("**/*.parquet")) and not self.schema.exists():
                raise SchemaError(f"{self.schema} is missing from a store with data in it; {remedy}") from None
            return
        except (ValueError, TypeError, KeyError):
            raise SchemaError(f"{self.schema} does not say with which schema the store was written; {remedy}") from None
        if number != SCHEMA:
            raise SchemaError(f"{self.folder} was written with schema {number}; {remedy}")
        known = _columns()
        if not all(table in known and columns.items() <= known[table].items() for table, columns in tables.items()):
            raise SchemaError(f"{self.folder} was written with other columns under the same number; {remedy}")

    def _is_current(self) -> bool:
        return self.schema.exists() and json.loads(self.schema.read_bytes())["tables"] == _columns()

    def remove(self, name: str) -> None:
        """Remove a part: first the file that vouches for the others."""
        for table in ("runs", *VOUCHED):
            self.file(table, name).unlink(missing_ok=True)

    def set_aside(self, path: Path) -> Path | None:
        """Move a damaged file, and the files of its part, to a new folder under ``damaged``.

        Returns:
            That folder, or None if someone else has moved them already.
        """
        table, name = self.part(path)
        kept = self._new_folder(name)
        for each in (table,) if table == "failures" else ("runs", *VOUCHED):
            with suppress(FileNotFoundError):
                self.file(each, name).rename(kept / f"{each}.parquet")
        if any(kept.iterdir()):
            return kept
        kept.rmdir()
        return None

    def sweep(self) -> None:
        """Remove what writers left that were killed a day ago or more."""
        runs = set(self.names("runs"))
        for path in self._unfinished(runs):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _LEFTOVER_S:
                    path.unlink()

    def _unfinished(self, runs: set[str]) -> Iterator[Path]:
        yield from self.folder.glob(f"**/.*{TEMPORARY}")
        for table in VOUCHED:
            yield from (self.file(table, name) for name in self.names(table) if name not in runs)

    def _new_folder(self, name: str) -> Path:
        for n in range(1, 10_000):
            folder = self.folder / "damaged" / f"{name}-{n}"
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            return folder
        raise FileExistsError(f"too many folders {self.folder / 'damaged' / name}-*; remove some")


def _columns() -> dict[str, dict[str, str]]:
    return {table: {column.name: column.type for column in columns} for table, columns in TABLES.items()}
