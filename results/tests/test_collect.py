"""Collecting compacts everything, and loses and doubles nothing, whenever it is cut short and whoever else is there."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hw1.tables import TABLES
from results import failures
from results.collect import collect
from results.disk import Batch
from results.errors import StoreError
from results.layout import COLLECTED
from results.schema import Column, Table
from results.tests import packs
from results.tests.stores import Store

_LATER = Column(name="later", type="float64", label="later")

_IDS = packs.run_ids(9)


class _Script:
    """`processes.py` at work on something that takes a while."""

    def __init__(self, action: str, folder: Path) -> None:
        command = [sys.executable, "-m", "results.tests.processes", action, str(folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def answer(self) -> Any:
        output, errors = self._process.communicate()
        assert self._process.returncode == 0, errors
        return json.loads(output)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def crashes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, _Script]]:
    """All at once, as there are two cores."""
    actions = ("write", "first write", "collect", "clear", "set aside", "split")
    scripts = {action: _Script(action, tmp_path_factory.mktemp("crashes")) for action in actions}
    yield scripts
    for script in scripts.values():
        script.end()


def _expected(ids: list[str]) -> dict[str, list[str]]:
    tables = ("runs", "curves", "eigenvalues", "snapshots")
    rows = {table: packs.shown([row for run_id in ids for row in packs.of_run(run_id)[table]]) for table in tables}
    return {table: rows.get(table, []) for table in TABLES if table != "failures"}


@pytest.mark.parametrize(
    ("action", "possible", "failed"),
    [
        ("write", [_IDS[:7], _IDS[:8]], [[_IDS[7]], []]),
        ("first write", [[], _IDS[5:8]], [[]]),
        ("collect", [_IDS[:7]], [[_IDS[7]]]),
        ("clear", [_IDS[:7]], [[_IDS[7]], []]),
        ("set aside", [_IDS[2:7]], [[_IDS[0], _IDS[7]]]),
        ("split", [[_IDS[0], *_IDS[2:7]]], [[_IDS[7]]]),
    ],
)
@pytest.mark.slow
def test_killed_at_any_point_it_loses_and_doubles_nothing(
    crashes: dict[str, _Script], action: str, possible: list[list[str]], failed: list[list[str]]
) -> None:
    points = crashes[action].answer()
    assert [point["killed"] for point in points] == [True] * (len(points) - 1) + [False]
    assert len(points) > {"clear": 3, "set aside": 4}.get(action, 14)
    for point in points:
        for found in (point["then"], point["collected"]):
            assert found["done"] in possible
            assert found["rows"] == _expected(found["done"]) | {"eigenvalues": [], "snapshots": []}
            assert found["failed"] in failed
            assert found["damaged"] == [] or action in {"set aside", "split"}
    assert points[-1]["then"]["done"] == possible[-1]
    assert points[-1]["then"]["failed"] == failed[-1]


def test_writers_collectors_and_readers_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    answer = _Script("together", tmp_path).answer()
    assert set(answer["ends"]) == {0}
    for found in (answer["then"], answer["collected"]):
        assert found["done"] == answer["all"]
        assert found["rows"] == _expected(answer["all"])
        assert found["damaged"] == []


def test_a_second_collect_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    first.write("a", packs.pack(_IDS[:2]))
    publish, ended = Batch.publish, list[bool]()
    thread = threading.Thread(target=lambda: ended.append(collect(second, []).n_runs == 3))

    def publish_late(batch: Batch) -> None:
        monkeypatch.setattr(Batch, "publish", publish)
        first.write("b", packs.pack(_IDS[2:3]))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        publish(batch)

    monkeypatch.setattr(Batch, "publish", publish_late)
    assert collect(first, []).n_runs == 2
    thread.join()
    assert ended == [True]


def test_it_names_what_is_missing_duplicated_and_damaged(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", packs.pack(_IDS[:3]))
    store.write("b", packs.pack(_IDS[2:5]))
    store.write("c", packs.pack(_IDS[5:7]))
    (name,) = (part for part in store.layout.names("runs") if part.startswith("c-"))
    path = store.layout.file("eigenvalues", name)
    middle = bytearray(path.read_bytes())
    middle[42] ^= 1  # in a page of values
    path.write_bytes(middle)
    assert len(store.done()) == 7
    collected = collect(store, [_IDS[8], *_IDS[:7]])
    assert collected.n_runs == 5
    assert collected.missing == (_IDS[8], _IDS[5], _IDS[6])
    assert collected.n_duplicated == 1
    assert [damage.file for damage in collected.damaged] == [path]
    assert "CRC" in collected.damaged[0].reason
    assert store.done() == set(_IDS[:5])


def test_one_file_a_table_remains_of_those_that_have_rows(tmp_path: Path) -> None:
    store = Store(tmp_path)
    runs_alone = {"runs": packs.pack(_IDS[:1])["runs"]}
    store.write("first", runs_alone)
    collect(store, _IDS)
    assert _collected(store) == {"runs", "failures"}
    for k in range(4):
        store.write(f"p{k}", packs.pack(_IDS[k * 2 : k * 2 + 2]))
    collect(store, _IDS)
    assert list(store.layout.folder.glob("parts/*/*")) == []
    assert _collected(store) == {*packs.pack(_IDS), "failures"}
    assert {table: len(store.read(table)) for table in TABLES if table not in _collected(store)} == dict.fromkeys(
        set(TABLES) - _collected(store), 0
    )


def _collected(store: Store) -> set[str]:
    return {path.stem.partition("-")[0] for path in (store.layout.folder / COLLECTED).iterdir()}


def test_with_nothing_new_it_only_reads(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", packs.pack(_IDS))
    collect(store, _IDS)
    before = {path: path.stat().st_mtime_ns for path in store.layout.folder.glob("collected/*")}
    assert collect(store, _IDS).missing == ()
    assert before == {path: path.stat().st_mtime_ns for path in store.layout.folder.glob("collected/*")}


def test_of_nothing_everything_is_missing(tmp_path: Path) -> None:
    collected = collect(Store(tmp_path), _IDS)
    assert (collected.n_runs, collected.missing) == (0, tuple(_IDS))


def test_a_full_disk_leaves_what_was_there(small_disk: Path) -> None:
    store, n_done = Store(small_disk), 0
    with pytest.raises(StoreError, match=r"cannot write .*parquet: No space left on device; nothing half-written"):  # noqa: PT012
        for k in range(100):
            store.write(f"p{k}", packs.pack(packs.run_ids(9, first=9 * k)))
            n_done += 9
    files = {path: path.stat().st_size for path in small_disk.glob("**/*.*")}
    assert len(store.done()) == n_done
    with pytest.raises(StoreError, match="No space left on device"):
        collect(store, [])
    assert {path: path.stat().st_size for path in small_disk.glob("**/*.*")} == files
    assert len(Store(small_disk).done()) == n_done > 0
    assert not store.damaged


def test_what_killed_writers_left_goes_after_a_day(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", packs.pack(_IDS[:2]))
    folder = store.layout.folder / "parts" / "curves"
    left = [folder / ".b.parquet.1.tmp", folder / "b-12345678.parquet"]
    for path in left:
        path.write_bytes(b"half")
    collect(store, [])
    assert all(path.exists() for path in left)
    for path in left:
        os.utime(path, (time.time() - 90_000,) * 2)
    (folder / ".folder.tmp").mkdir()
    os.utime(folder / ".folder.tmp", (time.time() - 90_000,) * 2)
    collect(store, [])
    assert not any(path.exists() for path in left)
    assert store.done() == set(_IDS[:2])


def test_a_column_that_is_noted_meanwhile_is_filled_by_who_reads_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(tmp_path).write("p", packs.pack(packs.run_ids(2)))
    newest = failures.newest

    def meanwhile(*given: Any) -> Any:
        Store(tmp_path).layout.create([Table(name="runs", columns=(_LATER,))])
        return newest(*given)

    monkeypatch.setattr(failures, "newest", meanwhile)
    assert collect(Store(tmp_path), ()).n_runs == 2
    assert Store(tmp_path).read("runs")["later"].to_pylist() == [None, None]
