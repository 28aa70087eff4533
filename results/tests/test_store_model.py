"""Whatever is written, collected, damaged and cleared in whatever order, the store answers as a dict would."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from results.collect import Collected, collect
from results.layout import COLLECTED
from results.tests import packs
from results.tests.stores import Store, truncate

_IDS = packs.run_ids(12)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


_DAMAGED = st.sampled_from(["runs", "curves", "eigenvalues"])


_DAMAGES: list[Callable[[Path], None]] = [truncate, _empty, Path.unlink]


class StoreIsAModel(RuleBasedStateMachine):
    """Whatever is written, collected, damaged and cleared in whatever order, the store answers as a dict would."""

    def __init__(self) -> None:
        """Begin with no store."""
        super().__init__()
        self.out = Path(tempfile.mkdtemp())
        self.store = Store(self.out)
        self.sources: dict[str, set[str]] = {}
        self.failures: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.out)

    @property
    def done(self) -> set[str]:
        return set().union(*self.sources.values())

    @rule(pack_id=st.sampled_from(["p", "p-1", "q.x"]), ids=st.sets(st.sampled_from(_IDS), min_size=1, max_size=5))
    def write(self, pack_id: str, ids: set[str]) -> None:
        self.store.write(pack_id, packs.pack(sorted(ids), pack_id=pack_id))
        covered = {n for n, runs in self.sources.items() if n.rpartition("-")[0] == pack_id and runs <= ids}
        (new,) = set(self.store.layout.names("runs")) - self.sources.keys()
        self.sources = {n: runs for n, runs in self.sources.items() if n not in covered} | {new: ids}

    @rule(ids=st.sets(st.sampled_from(_IDS), min_size=1, max_size=3))
    def fail(self, ids: set[str]) -> None:
        self.store.write("p", {"failures": {"run_id": sorted(ids), "failure": ["NaN"] * len(ids)}})
        self.failures |= ids

    @rule(ids=st.sets(st.sampled_from(_IDS), max_size=3))
    def clear(self, ids: set[str]) -> None:
        self.store.clear_failures(ids)
        self.failures -= ids

    @rule()
    def collect(self) -> None:
        self.check(collect(self.store, _IDS))

    def check(self, collected: Collected) -> None:
        assert set(collected.missing) == set(_IDS) - self.done
        assert collected.n_runs == len(self.done)
        assert collected.n_duplicated == sum(map(len, self.sources.values())) - len(self.done)
        self.failures -= self.done
        self.sources = {COLLECTED: self.done} if self.sources else {}

    def drawn(self, data: st.DataObject, table: str) -> tuple[str, Path]:
        name = list(self.sources)[data.draw(st.integers(0, len(self.sources) - 1))]
        path = packs.file(self.store, table, name)
        assume(path.exists())  # what was kept of a damaged part has no file of a table without rows
        return name, path

    def lose(self, name: str, table: str) -> None:
        """A table's file is damaged: what has no rows there is moved to a part of its own."""
        kept = {i for i in self.sources.pop(name) if table == "eigenvalues" and not packs.has_eigenvalues(i)}
        if kept:
            (new,) = set(self.store.layout.names("runs")) - self.sources.keys() - {name}
            self.sources[new] = kept

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), table=_DAMAGED, damage=st.sampled_from(_DAMAGES))
    def damage(self, data: st.DataObject, table: str, damage: Callable[[Path], None]) -> None:
        name, path = self.drawn(data, table)
        damage(path)
        only_looks = Store(self.out, only_looks=True)
        done = only_looks.done()
        assert self.store.done() == done
        self.lose(name, table)
        if (table, damage) != ("runs", Path.unlink):
            assert self.store.damaged.pop().file == path
            assert [found.file for found in only_looks.damaged] == [path]

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), table=_DAMAGED)
    def overwrite_and_collect(self, data: st.DataObject, table: str) -> None:
        name, path = self.drawn(data, table)
        size = path.stat().st_size
        path.write_bytes(path.read_bytes()[: size // 3] + b"\xff" * (size - size // 3))
        collected = collect(self.store, _IDS)
        self.sources[name] = {i for i in self.sources[name] if table == "eigenvalues" and not packs.has_eigenvalues(i)}
        self.sources = {name: ids for name, ids in self.sources.items() if ids}
        self.check(collected)
        (damaged,) = collected.damaged
        assert damaged.file == path
        assert damaged.kept is not None
        assert (damaged.kept / f"{table}.parquet").stat().st_size == size
        self.store.damaged.clear()

    @invariant()
    def same_answers(self) -> None:
        assert self.store.done() == self.done
        assert self.store.failed().keys() == self.failures - self.done
        for table, rows in self.store.read_all(["runs", "curves", "eigenvalues", "snapshots"]).items():
            expected = [row for run_id in self.done for row in packs.of_run(run_id)[table]]
            assert packs.shown(rows.to_pylist()) == packs.shown(expected)
        assert not self.store.damaged


StoreIsAModel.TestCase.settings = settings(
    max_examples=25, stateful_step_count=8, suppress_health_check=list(HealthCheck)
)


test_the_store_is_a_model = StoreIsAModel.TestCase
