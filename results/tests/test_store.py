"""The store keeps what was committed, refuses what does not fit, and trusts no damaged file."""

import errno
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from results import parquet
from results.collect import Collected, collect
from results.errors import SchemaError, StoreError
from results.layout import COLLECTED
from results.tests import packs
from results.tests.stores import Store

_IDS = packs.run_ids(12)
_FAILURE = {"failure": "exception", "message": "no", "traceback": "Traceback …"}


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _overwrite(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


_DAMAGED = st.sampled_from(["runs", "curves", "eigenvalues"])
_DAMAGES: list[Callable[[Path], None]] = [_truncate, _empty, Path.unlink]


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


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_nothing_is_made_before_something_is_written(store: Store) -> None:
    assert store.done() == set()
    assert store.failed() == {}
    assert store.read("curves").num_rows == 0
    store.clear_failures(_IDS)
    assert not store.layout.folder.exists()


def test_a_pack_written_again_replaces_the_first(store: Store) -> None:
    for seconds in (1.0, 2.0):
        store.write("p", {"runs": packs.pack(_IDS[:2])["runs"] | {"seconds": [seconds] * 2}})
    assert store.read("runs")["seconds"].to_pylist() == [2.0, 2.0]


def test_a_fence_that_raises_keeps_everything_back_and_leaves_nothing(store: Store) -> None:
    def fence() -> None:
        assert list(store.layout.folder.glob("parts/runs/.p-*.tmp"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write("p", packs.pack(_IDS[:2]), fence=fence)
    assert not [path for path in store.layout.folder.glob("parts/**/*") if path.is_file()]
    assert store.done() == set()


def test_what_was_discarded_after_its_fence_is_not_published(store: Store) -> None:
    store.write("p-1", packs.pack(_IDS[2:3], pack_id="p-1"))
    with pytest.raises(FileNotFoundError):
        store.write("p", packs.pack(_IDS[:2]), fence=lambda: Store(store.layout.folder.parent).discard("p"))
    assert store.done() == {_IDS[2]}
    store.write("p-1", packs.pack(_IDS[:2], pack_id="p-1"), fence=lambda: store.discard("p"))
    assert store.done() == set(_IDS[:3])


def test_numpy_values_come_back_to_the_last_bit(store: Store) -> None:
    tables: dict[str, dict[str, Any]] = packs.pack(_IDS[:3])
    losses = np.array([np.nextafter(1, 2), np.nan, -0.0])
    weights = [np.array(values, np.float32) for values in ([1, 2, 3, 1e-45], [], [4])]
    tables["runs"]["test_loss"] = losses
    ids = np.array(_IDS[:3])
    tables["snapshots"] = {"run_id": ids, "epoch": np.arange(3), "layer": np.ones(3, int), "weights": weights}
    store.write("p", tables)
    assert store.read("runs")["test_loss"].to_numpy().tobytes() == losses.tobytes()
    for got, given in zip(store.read("snapshots")["weights"].to_pylist(), weights, strict=True):
        assert np.array(got, np.float32).tobytes() == given.tobytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"curve": {}}, r"no table `curve`; there are runs, failures, curves"),
        ({"curves": {"run_id": _IDS[:1], "stop": [1]}}, r"`curves` has no column `stop`; it has run_id, end, step"),
        ({"curves": {"run_id": _IDS[:2], "step": [1]}}, r"`curves` must be of one length, got .*id': 2, 'step': 1"),
        ({"curves": {"run_id": _IDS[:1], "step": [1]}}, r"`curves.end` must be there in every row"),
        ({"curves": {"run_id": _IDS[:1], "end": [0], "step": [1.0]}}, r"`curves.step` must be int64: got float64"),
        ({"curves": {"run_id": _IDS[:1], "end": [0], "step": ["1"]}}, r"`curves.step` must be int64: got <U1"),
        ({"curves": {"run_id": _IDS[:1], "end": [0], "step": np.ones((1, 1), int)}}, r"step` must be int64: .* 2 dim"),
        ({"curves": {"run_id": [7], "end": [0], "step": [1]}}, r"`curves.run_id` must be string: got 7"),
        ({"curves": {"run_id": _IDS[5:6], "end": [0], "step": [1]}}, rf"runs that are not in `runs`: {_IDS[5]}"),
        ({"eigenvalues": {"run_id": _IDS[:1], "eigenvalues": [[[1.0]]]}}, r"must be list<float64>: got .* 2 dim"),
        ({"curves": {"run_id": _IDS[:1], "end": [0], "step": 1}}, r"`curves.step` must be a column of values, got 1"),
        (
            {"curves": {"run_id": _IDS[0], "end": [0], "step": [1]}},
            r"`curves.run_id` must be a column of values, got '",
        ),
        (
            {"curves": {"run_id": _IDS[:1], "end": [0], "step": np.array(1)}},
            r"`curves.step` must be a column of values",
        ),
        ({"curves": {"run_id": ["\ud800"], "end": [0], "step": [1]}}, r"`curves.run_id` must be string: 'utf-8' codec"),
        ({"curves": {"run_id": _IDS[:1], "end": [0], "step": [2**70]}}, r"`curves.step` must be int64: got object"),
        ({"runs": packs.pack([_IDS[0], _IDS[0]])["runs"]}, r"`runs` must hold each run once"),
        ({"runs": packs.pack(_IDS[:1])["runs"] | {"converged": [1]}}, r"`runs.converged` must be bool: got int64"),
        ({"runs": packs.pack(_IDS[:1])["runs"] | {"test_loss": [True]}}, r"`runs.test_loss` must be float64: got bool"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    store: Store, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        store.write("p", {"runs": packs.pack(_IDS[:1])["runs"], **change})
    assert not store.layout.folder.exists()


@pytest.mark.parametrize("pack_id", ["", "../p", ".p", "a/b", "a b", "x" * 201])
def test_a_pack_id_that_is_no_file_name_is_refused(store: Store, pack_id: str) -> None:
    with pytest.raises(ValueError, match="`pack_id` must be letters, digits"):
        store.write(pack_id, packs.pack(_IDS[:1]))


def test_every_mistake_is_in_one_message(store: Store) -> None:
    with pytest.raises(ValueError, match="pack 'a b'") as caught:
        store.write("a b", {"no": {}, "curves": {"run_id": [], "loss": []}, "paths": {"run_id": [1], "alpha": [""]}})
    for mistake in ("`pack_id`", "no table `no`", "no column `loss`", "`paths.run_id`", "`paths.alpha`"):
        assert mistake in str(caught.value)


def test_rows_that_nothing_would_vouch_for_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="without `runs` only `failures` can be written, got curves"):
        store.write("p", {"curves": packs.pack(_IDS[:1])["curves"]})


def test_a_failure_is_forgotten_once_the_run_is_done(store: Store) -> None:
    columns = {column: [value] * 2 for column, value in _FAILURE.items()}
    store.write("p", packs.pack(_IDS[:1]) | {"failures": {"run_id": _IDS[1:3], **columns}})
    assert store.failed()[_IDS[1]].traceback == "Traceback …"
    store.write("q", packs.pack(_IDS[1:2], pack_id="q"))
    assert store.failed().keys() == {_IDS[2]}
    collect(store, [])
    assert store.failed().keys() == {_IDS[2]}


def test_the_newest_failure_counts(store: Store) -> None:
    for pack_id, when in (("a", "2024-01-02"), ("b", "2024-01-03"), ("c", "2024-01-01")):
        store.write(pack_id, {"failures": {"run_id": _IDS[:1], "failure": [pack_id], "finished": [when]}})
    assert store.failed()[_IDS[0]].failure == "b"
    collect(store, [])
    assert store.failed()[_IDS[0]].failure == "b"


@pytest.fixture
def written(store: Store) -> Store:
    store.write("p", packs.pack(_IDS[:1]))
    return store


def test_a_store_of_another_schema_is_refused(written: Store, tmp_path: Path) -> None:
    text = written.layout.schema.read_text()
    for changed, message in [
        (text.replace('"schema": 1', '"schema": 7'), r"written with schema 7; this version writes schema 1: use an"),
        (
            text.replace('"kind": "string"', '"kind": "int64"'),
            r"other columns under the same number; this version writes schema 1",
        ),
        (text[:40], r"schema.json does not say with which schema"),
    ]:
        written.layout.schema.write_text(changed)
        with pytest.raises(SchemaError, match=message):
            Store(tmp_path)
        with pytest.raises(SchemaError, match=message):
            written.write("q", packs.pack(_IDS[1:2]))
    written.layout.schema.unlink()
    for use in (lambda: Store(tmp_path), lambda: written.write("q", packs.pack(_IDS[1:2]))):
        with pytest.raises(SchemaError, match=r"schema.json is missing from a store with data in it"):
            use()


def test_a_store_from_before_a_table_and_a_column_were_added_goes_on(written: Store, tmp_path: Path) -> None:
    new = written.layout.schema.read_text()
    old = json.loads(new)
    del old["tables"]["paths"], old["tables"]["runs"]["cpu"]
    written.layout.schema.write_text(json.dumps(old))
    store = Store(tmp_path)
    assert store.done() == {_IDS[0]}
    store.write("q", packs.pack(_IDS[1:2]))
    assert store.done() == set(_IDS[:2])
    assert json.loads(written.layout.schema.read_text()) == json.loads(new)


def test_a_damaged_part_is_named_and_kept(written: Store) -> None:
    path = written.layout.file("curves", written.layout.names("runs")[0])
    _truncate(path)
    assert written.done() == set()
    (damage,) = written.damaged
    assert str(path) in str(damage)
    assert "1 of its runs are pending again" in str(damage)
    assert damage.kept is not None
    names = {f"{table}.parquet" for table in packs.pack(_IDS[:1])}
    assert {kept.name for kept in damage.kept.iterdir()} == {*names, "README.txt"}


def test_a_damaged_file_of_failures_takes_no_run_with_it(store: Store) -> None:
    store.write("p", packs.pack(_IDS[:1]) | {"failures": {"run_id": _IDS[1:2], "failure": ["NaN"]}})
    _overwrite(store.layout.file("failures", store.layout.names("failures")[0]))
    assert store.failed() == {}
    assert store.done() == {_IDS[0]}
    assert len(store.damaged) == 1


def test_a_file_that_took_a_damaged_ones_name_is_left_alone(written: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    collect(written, [])
    path, lock = packs.file(written, "curves"), written.locked
    good = path.read_bytes()
    _truncate(path)

    def repaired_meanwhile() -> AbstractContextManager[None]:
        path.unlink()
        path.write_bytes(good)
        return lock()

    monkeypatch.setattr(written, "locked", repaired_meanwhile)
    assert written.done() == {_IDS[0]}
    assert written.damaged == []


def test_what_cannot_be_moved_aside_is_an_error(written: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _truncate(written.layout.file("runs", written.layout.names("runs")[0]))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError, match=r"cannot write .*damaged: Permission denied"):
        written.done()


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ESTALE])
def test_a_file_that_is_gone_when_read_makes_reading_begin_anew(
    written: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    right = parquet.commit(written.layout.file("runs", written.layout.names("runs")[0]), written.layout.table("runs"))
    n_calls = itertools.count()

    def answer(_: Path, _table: object) -> parquet.Commit:
        if next(n_calls) == 0:
            raise OSError(number, "gone")
        return right

    monkeypatch.setattr(parquet, "commit", answer)
    assert written.done() == {_IDS[0]}


def test_a_file_that_may_not_be_read_is_an_error_and_stays(written: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _table: object) -> parquet.Commit:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(parquet, "commit", refuse)
    with pytest.raises(StoreError, match=r"cannot read the store: .*Permission denied: '.*/parts/runs/p-"):
        written.done()
    assert len(written.layout.names("runs")) == 1


def test_files_that_keep_vanishing_are_an_error(written: Store) -> None:
    def vanish() -> None:
        raise FileNotFoundError(errno.ENOENT, "gone")

    with pytest.raises(StoreError, match="files keep vanishing from"):
        written.settled(vanish)


def test_done_and_the_rest_never_import_pandas(written: Store, tmp_path: Path) -> None:
    code = f"""
import pathlib, sys
from results.tests.stores import Store
from results import parquet
from results.collect import Collected, collect
from results.tests import packs
store = Store(pathlib.Path({str(tmp_path)!r}))
store.write("q", packs.pack(packs.run_ids(3, first=5)) | {{"failures": {{"run_id": ["0"], "failure": ["NaN"]}}}})
store.done(), store.failed(), store.read_all(), collect(store, []), collect(store, []), store.failed()
print(sorted({{"pandas", "torch"}} & sys.modules.keys()))
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
    assert len(written.done()) == 4
