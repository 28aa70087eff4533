"""The store: what is done, what failed, and the tables of both."""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from results import failures, parquet
from results.aside import README, set_aside
from results.columns import checked, no_rows
from results.commits import write_commit
from results.disk import GONE, TEMPORARY, Batch, flock, unwritable
from results.errors import DamagedError, StoreError, identity
from results.failures import Failure
from results.layout import COLLECTED, layout
from results.schema import Schema, Table
from results.sources import Source, done, is_known, schema_of, snapshot

if TYPE_CHECKING:
    from results.encode import Values

T = TypeVar("T")

LOCK_WAIT_S = 1800.0
"""Collecting a large store may take minutes; a lock that is held for longer than this is stuck."""

_TRIES = 1000
"""Files may vanish under a reader each time a part is compacted: more often than this and something else is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """A file that is not as it was written; where it is kept now, and how many runs that leaves pending, if known."""

    file: Path
    reason: str
    kept: Path | None = None
    n_runs: int | None = None

    def __str__(self) -> str:
        """One line for a user."""
        runs = "its runs are" if self.n_runs is None else f"{self.n_runs} of its runs are"
        if self.kept is None:
            return f"{self.file} is damaged ({self.reason}): {runs} shown as pending; `hw1 collect` sets it aside"
        how = f"set aside in {self.kept}, where {README} says how to put it back"
        return f"{self.file} is damaged ({self.reason}): {how}; {runs} pending again"


class Store:
    """The tables in one output folder; ``damaged`` lists what this object found damaged.

    Damaged files are set aside, so that their runs are trained again; a store that is only looked at is left as it
    is, and what cannot be read of it counts as not there.
    """

    def __init__(self, out: Path, *, only_looks: bool = False, declared: Iterable[Table] = ()) -> None:
        """Look at the store, if there is one; nothing is made before something is written.

        Tables that are `declared` are read as empty where nothing has been written in them.

        Raises:
            SchemaError: If it was written with other tables than this version knows.
            StoreError: If the system refuses to read it.
        """
        self.layout, self.only_looks = layout(out, declared), only_looks
        self.damaged: list[Damage] = []
        self._known: dict[Path, DamagedError] = {}
        self.layout.is_there()
        self.layout.check()

    def write(
        self,
        pack_id: str,
        tables: "Mapping[str, Mapping[str, Values]]",
        *,
        declared: Iterable[Table] = (),
        fence: Callable[[], None] = lambda: None,
    ) -> None:
        """Commit a pack: a file a table, `runs` last. Written again, it replaces what it wrote before.

        Columns that are not given become nulls; tables and columns that are `declared` are added to the store's.
        `failures` may come with the other tables or alone. `fence` is called
        once all files are on the disk under temporary names; if it raises, none of them gets its name. Whoever takes
        the pack over from a writer that passed its fence and then stood still calls `discard`.

        Raises:
            ValueError: If anything does not fit the schema: names all that does not, and writes nothing.
            SchemaError: If the store was written with other tables.
            StoreError: If the disk refuses, for instance because it is full; nothing is left half-written.
            FileNotFoundError: If what was written has been discarded.
        """
        schema = self._merged(pack_id, declared)
        arrow = checked(pack_id, tables, schema)
        self.layout.create(declared)
        token = secrets.token_hex(4)
        try:
            replaced = [part for part in self.layout.names("runs") if part.rpartition("-")[0] == pack_id]
            with Batch() as batch:
                write_commit(
                    batch,
                    arrow.keys(),
                    path=lambda table: self.layout.file(table, f"{pack_id}-{token}"),
                    pieces=lambda table: [arrow[table]],
                    schema=schema,
                    token=token,
                )
                fence()
                batch.publish()
        except FileNotFoundError:  # discarded
            raise
        except OSError as error:
            raise unwritable(self.layout.folder, error) from error
        if "runs" in arrow:
            self._remove_covered(replaced, set(arrow["runs"]["run_id"].to_pylist()))

    def discard(self, pack_id: str) -> None:
        """Keep other writers of a pack from publishing what they have under temporary names.

        Renaming and removing a file exclude each other: a writer has published its `runs` before, or never will.

        Raises:
            StoreError: If the disk refuses.
        """
        try:
            for table in self.layout.tables.tables:
                for temporary in self.layout.file(table, pack_id).parent.glob(f".{pack_id}-????????.*{TEMPORARY}"):
                    temporary.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self.layout.folder, error) from error

    def done(self) -> frozenset[str]:
        """Ids of the runs that are done. Reads little: a column of each `runs` file, and the sizes of the others."""
        return self.settled(lambda: done(self.sources()))

    def failed(self) -> dict[str, Failure]:
        """The newest failure of each run that is not done, by id."""
        return self.done_and_failed()[1]

    def done_and_failed(self) -> tuple[frozenset[str], dict[str, Failure]]:
        """Ids of the runs that are done, and the newest failure of each other one, by id; reads as little as `done`."""

        def step() -> tuple[frozenset[str], dict[str, Failure]]:
            run_ids = done(self.sources())
            rows = failures.newest(self.layout, run_ids, self._known).to_pylist()
            return run_ids, {row["run_id"]: Failure(**row) for row in rows}

        return self.settled(step)

    def packs(self, *columns: str) -> list[dict[str, Any]]:
        """One row for each pack that is done: these columns of `PACK`, of one of the pack's runs.

        Reads nothing else, and does not look whether all that the runs left is there.
        """
        names = [*dict.fromkeys(("pack_id", *columns))]

        def step() -> list[dict[str, Any]]:
            files = [self.layout.file("runs", name) for name in self.layout.names("runs")]
            collected = self.layout.file("runs", COLLECTED)
            files += [collected] if identity(collected) else []
            runs = self.layout.table("runs")
            read = [parquet.packs(file, runs, names) for file in files if not is_known(file, self._known)]
            return list({row["pack_id"]: row for rows in read for row in rows}.values())

        return self.settled(step)

    def clear_failures(self, run_ids: Collection[str]) -> None:
        """Forget that these runs failed, so that they are merely pending.

        Raises:
            StoreError: If the disk refuses.
        """
        if identity(self.layout.schema):
            with self.locked():
                self.settled(lambda: failures.clear(self.layout, run_ids), locked=True)

    def read(self, table: str) -> pa.Table:
        """A table's rows, as far as `runs` vouches for them; of `failures`, the newest of each run that is not done."""
        return self.read_all([table])[table]

    def read_all(
        self, tables: Collection[str] | None = None, columns: Mapping[str, Collection[str]] | None = None
    ) -> dict[str, pa.Table]:
        """Tables by name, all of them by default, and of the same runs, whatever is written or collected meanwhile.

        Of tables that are among `columns`, only these are read.
        """
        return self.settled(lambda: self._read(tables, columns or {}))

    def sources(self) -> list[Source]:
        """Files that vouch for runs, without those known to be damaged. For use in a step that is `settled`."""
        return snapshot(self.layout, self._known)

    def settled(self, step: Callable[[], T], *, locked: bool = False) -> T:
        """The result of reading, begun again when a file vanished under it or was found damaged.

        Raises:
            StoreError: If the system refuses to read a file, or to move a damaged one aside.
        """
        for _ in range(_TRIES):
            try:
                return step()
            except DamagedError as damage:
                if self.only_looks:
                    self._leave_out(damage)
                elif locked:
                    self._set_aside(damage)
                else:
                    with self.locked():  # under the lock it is read again: only what is damaged then is moved
                        return self.settled(step, locked=True)
            except OSError as error:
                if error.errno not in GONE:
                    raise StoreError(f"cannot read the store: {error}") from error
            except MemoryError as error:
                raise StoreError(f"cannot read {self.layout.folder}: there is not enough memory ({error})") from error
        raise StoreError(f"files keep vanishing from {self.layout.folder}: is something else removing them?")

    @contextmanager
    def locked(self, *, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
        """Be the only one who rewrites or removes files; waits for whoever is, and says so.

        Raises:
            StoreError: If the disk refuses, or the other does not end in time.
        """
        path = self.layout.lock
        with ExitStack() as stack:
            try:
                stack.enter_context(flock(path, wait_s=wait_s))
            except BlockingIOError as error:
                late = f"another process has held {path} for {wait_s:.0f} s: end it (`fuser {path}` names it here)"
                raise StoreError(late) from error
            except OSError as error:
                raise unwritable(path, error) from error
            yield

    def _merged(self, pack_id: str, declared: Iterable[Table]) -> Schema:
        try:
            return self.layout.tables.merged(declared)
        except ValueError as error:
            raise ValueError(f"pack {pack_id!r} does not fit the store: {error}") from None

    def _read(self, tables: Collection[str] | None, columns: Mapping[str, Collection[str]]) -> dict[str, pa.Table]:
        sources = self.sources()
        read, schema = {}, schema_of(sources, self.layout)
        for table in schema.tables if tables is None else tables:
            pieces = [piece for source in sources for piece in source.rows(table, columns.get(table))]
            nothing = no_rows(schema.table(table))
            read[table] = pa.concat_tables([nothing.select(columns.get(table, nothing.column_names)), *pieces])
        if "failures" in read:
            read["failures"] = failures.newest(self.layout, done(sources), self._known)
        return read

    def _remove_covered(self, parts: Collection[str], run_ids: set[str]) -> None:
        """Remove older parts whose every run has just been committed again."""
        for part in parts:
            with suppress(OSError, StoreError):  # the commit is made: what stays is shadowed by it, or shadows equals
                if run_ids.issuperset(
                    parquet.commit(self.layout.file("runs", part), self.layout.table("runs")).run_ids
                ):
                    self.layout.remove(part)

    def _leave_out(self, damage: DamagedError) -> None:
        if damage.path in self._known and self._known[damage.path].seen == damage.seen:
            raise damage
        self._known[damage.path] = damage
        self.damaged.append(Damage(file=damage.path, reason=damage.reason))

    def _set_aside(self, damage: DamagedError) -> None:
        """Move a damaged file aside with what belongs to it, unless its name is a new file's by now."""
        try:
            aside = set_aside(self.layout, damage)
        except OSError as error:
            if error.errno in GONE:  # what was to be moved has been compacted
                return
            raise unwritable(self.layout.folder / "damaged", error) from damage
        if aside is not None:
            self.damaged.append(Damage(file=damage.path, reason=damage.reason, kept=aside.folder, n_runs=aside.n_runs))
