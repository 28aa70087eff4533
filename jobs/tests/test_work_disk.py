"""A worker whose disk takes nothing: what is waited for, what goes on, what is said."""

import errno
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from hw1.project import PROJECT
from hw1.tests import made
from jobs.pack import Pack
from jobs.tests.workers import CODE, FITS, train
from jobs.worker import commits, session
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.heartbeats import Heartbeats
from jobs.worker.worker import UnfinishedError
from jobs.worker.workload import Work
from results import store as stores
from results.errors import StoreError
from results.layout import layout
from results.tests.stores import Store


def test_a_checkpoint_that_cannot_be_written_stops_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(session, "CHECKPOINT_EVERY_S", 0.0)
    monkeypatch.setattr(Checkpoints, "save", full)
    train([made.fit(max_iterations=400)], tmp_path)
    assert len(Store(tmp_path).done()) == 1
    assert "No space left on device" in next((tmp_path / "logs").iterdir()).read_text()


def test_a_worker_that_the_disk_keeps_from_committing_says_so_and_goes_on_once_it_may(tmp_path: Path) -> None:
    layout(tmp_path, PROJECT.tables).create()
    folder, said = tmp_path / "store" / "parts" / "curves", list[str]()
    assert folder.is_dir()
    folder.rmdir()
    folder.touch()

    def mend() -> None:
        late = time.monotonic() + 60
        while not said and time.monotonic() < late:
            said.extend(beat.where for beat in Heartbeats(tmp_path).read() if "waiting" in beat.where)
            time.sleep(0.05)
        folder.unlink()
        folder.mkdir()

    mending = threading.Thread(target=mend)
    mending.start()
    train(FITS, tmp_path)
    mending.join()
    assert said[0].startswith("waiting for the disk, 30 min at most (cannot write ")
    assert Store(tmp_path).done() == {spec.run_id for spec in FITS}
    log = next((tmp_path / "logs").iterdir()).read_text()
    assert log.count("waiting for the disk") == 1, "once, however often it tried"


def test_a_full_disk_is_waited_for_with_the_numbers_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = [StoreError("No space left on device"), OSError(errno.ESTALE, "Stale file handle"), OSError("?")]
    write, refusals = stores.Store.write, list[Exception](refused)

    def full(self: Store, *given: Any, **options: Any) -> None:
        if refusals:
            raise refusals.pop()
        write(self, *given, **options)

    monkeypatch.setattr(commits, "AGAIN_S", 0.01)
    monkeypatch.setattr(stores.Store, "write", full)
    train(FITS, tmp_path)
    assert Store(tmp_path).done() == {spec.run_id for spec in FITS}


def test_a_stop_while_the_disk_is_full_commits_nothing_and_the_next_worker_trains_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StoreError("No space left on device")

    monkeypatch.setattr(commits, "stop_requested", lambda: True)
    with monkeypatch.context() as disk:
        disk.setattr(stores.Store, "write", full)
        train(FITS, tmp_path)
    assert not Store(tmp_path).done()
    train(FITS, tmp_path)
    assert Store(tmp_path).done() == {spec.run_id for spec in FITS}


def test_a_failure_that_cannot_be_recorded_does_not_take_the_other_packs_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = stores.Store.write

    def picky(self: Store, pack_id: str, tables: Any, **options: Any) -> None:
        if FITS[0].run_id in {run_id for columns in tables.values() for run_id in columns["run_id"]}:
            raise ZeroDivisionError("no")
        write(self, pack_id, tables, **options)

    monkeypatch.setattr(stores.Store, "write", picky)
    with pytest.raises(UnfinishedError, match=f"the failure of run {FITS[0].run_id} cannot be recorded.*see .*log"):
        Work.of(
            [Pack("simulate", 1, (fit,)) for fit in FITS[:2]],
            out=tmp_path,
            origin=PROJECT.origin,
            device="cpu",
            code=CODE,
        )()
    assert Store(tmp_path).done() == {FITS[1].run_id}


@pytest.mark.parametrize("folder", ["checkpoints", "heartbeats"])
def test_what_cannot_be_removed_after_a_commit_ends_nothing(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def refusing(self: Path, *, missing_ok: bool = False) -> None:
        if self.parent.name == folder:
            raise PermissionError(13, "Permission denied")
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    train(FITS[:2], tmp_path)
    assert len(Store(tmp_path).done()) == 2
