"""Collecting: every part compacted into one file per table, and every file read on the way."""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pyarrow as pa

from results import failures
from results.commits import write_commit
from results.disk import Batch
from results.layout import COLLECTED, Layout
from results.sources import Source, done, schema_of
from results.store import Damage, Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """Contents of the store after collecting.

    ``missing`` are the expected runs that are not done, in the order given; ``n_duplicated`` counts the rows of `runs`
    that were dropped because another file had the same run; ``damaged`` names what was moved aside.
    """

    n_runs: int
    missing: tuple[str, ...]
    n_duplicated: int
    damaged: tuple[Damage, ...]


def collect(store: Store, expected: Collection[str]) -> Collected:
    """Compact all parts into one file per table, reading every byte that counts.

    Safe beside writers and readers, and beside another collect, for which it waits. Cut short at any point it loses
    and doubles nothing: parts are removed only when the files that replace them have their names.

    Raises:
        StoreError: If the disk refuses; the store is as it was.
    """
    store.layout.create()
    with store.locked():
        sources = store.settled(lambda: _compact(store), locked=True)
        store.layout.sweep()
    found = done(sources)
    return Collected(
        n_runs=len(found),
        missing=tuple(run_id for run_id in expected if run_id not in found),
        n_duplicated=sum(len(source.shadowed) for source in sources),
        damaged=tuple(store.damaged),
    )


def _compact(store: Store) -> list[Source]:
    """Read everything and, where there are parts, put it in the place of the collected files."""
    layout = store.layout
    failed = [name for name in failures.names(layout) if name != COLLECTED]
    sources = store.sources()
    parts = [source.name for source in sources if source.name != COLLECTED]
    newest = failures.newest(layout, done(sources), {})
    if not parts and not failed:
        _read_through(layout, sources)
        return sources
    token, schema = secrets.token_hex(4), schema_of(sources, layout)
    there = [table for table in schema.vouched if any(table in source.tables for source in sources)]
    with Batch() as batch:
        write_commit(
            batch,
            [*there, "failures", "runs"],
            path=lambda table: layout.file(table, COLLECTED, token),
            pieces=lambda table: [newest] if table == "failures" else _rows(sources, table),
            schema=schema,
            token=token,
        )
        batch.publish()
    for name in parts:
        layout.remove(name)
    for name in failed:
        layout.file("failures", name).unlink(missing_ok=True)
    _remove_superseded(layout, token)
    return sources


def _remove_superseded(layout: Layout, token: str) -> None:
    """Remove collected files that the one of `runs` does not vouch for: only who holds the lock writes any."""
    for table in layout.tables.vouched:
        for path in layout.collected(table):
            if path != layout.file(table, COLLECTED, token):
                path.unlink(missing_ok=True)


def _read_through(layout: Layout, sources: Collection[Source]) -> None:
    for table in ("runs", *layout.tables.vouched):
        for _ in _rows(sources, table):
            pass


def _rows(sources: Collection[Source], table: str) -> Iterator[pa.Table]:
    for source in sources:
        yield from source.rows(table)
