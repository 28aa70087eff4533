"""The store keeps what was committed, refuses what does not fit, and trusts no damaged file."""

import errno
import itertools
import json
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from results import parquet
from results.collect import collect
from results.errors import SchemaError, StoreError
from results.tests import packs
from results.tests.stores import Store, truncate

_IDS = packs.run_ids(12)
_FAILURE = {"failure": "exception", "message": "no", "traceback": "Traceback …"}


def _overwrite(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


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
    truncate(path)
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
    truncate(path)

    def repaired_meanwhile() -> AbstractContextManager[None]:
        path.unlink()
        path.write_bytes(good)
        return lock()

    monkeypatch.setattr(written, "locked", repaired_meanwhile)
    assert written.done() == {_IDS[0]}
    assert written.damaged == []


def test_what_cannot_be_moved_aside_is_an_error(written: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    truncate(written.layout.file("runs", written.layout.names("runs")[0]))

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
from results.tests.stores import Store, truncate
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
