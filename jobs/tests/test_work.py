"""One worker, in this process: commits, stops, continues, and lets the guilty run fail alone."""

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import hw1.train
from hw1.files import DataError
from hw1.project import PROJECT
from hw1.tests import made
from jobs import Spec
from jobs.pack import Pack
from jobs.tests.stored import stored
from jobs.worker import commits, provenance, session, worker
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.heartbeats import Heartbeat, Heartbeats
from jobs.worker.holder import born, me
from jobs.worker.leases import Leases
from jobs.worker.logs import logs_of
from jobs.worker.provenance import Code
from jobs.worker.worker import UnfinishedError, Worker
from jobs.worker.workload import Work
from results import store as stores
from results.disk import Batch
from results.errors import StoreError
from results.folder import FolderError
from results.layout import layout
from results.tests.stores import Store
from slurm import attempts
from slurm.attempts import Attempt, Ending

CODE = Code(commit="c" * 40, dirty=False)
FITS = [made.fit(seed=k) for k in range(4)]


def train(specs: list[Spec], out: Path) -> None:
    Work.of([Pack("simulate", 1, tuple(specs))], out=out, origin=PROJECT.origin, device="cpu", code=CODE)()


@pytest.fixture
def stops(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After how many more looks a stop is asked for; nothing asks while it is empty."""
    left: list[int] = []

    def asked() -> bool:
        if left:
            left[0] -= 1
        return bool(left) and left[0] < 0

    for module in (worker, session):
        monkeypatch.setattr(module, "stop_requested", asked)
    return left


def test_a_pack_is_committed_whole_with_where_and_how_it_was_trained(tmp_path: Path) -> None:
    train(FITS, tmp_path)
    store = Store(tmp_path)
    assert store.done() == {spec.run_id for spec in FITS}
    runs = store.read("runs").to_pylist()
    assert {row["spec"] for row in runs} == {spec.canonical() for spec in FITS}
    for row in runs:
        assert row["n_pack"] == 4
        assert row["threads"] == 1
        assert row["device"] == "cpu"
        assert row["seconds"] == pytest.approx(row["pack_seconds"] / 4)
        assert row["torch"]
        assert row["memory_gb"] > 0.05
        assert (row["git_commit"], row["git_dirty"]) == ("c" * 40, False)
    assert not Checkpoints(tmp_path).begun()
    assert not Heartbeats(tmp_path).read()


@pytest.mark.parametrize("specs", [FITS[:2], [made.classifier(snapshots=False)], [made.interpolation(n_train=128)]])
def test_a_worker_stopped_again_and_again_ends_with_the_same_store(
    specs: list[Spec], tmp_path: Path, stops: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hw1.function_fit.ITERATIONS_PER_STATE", 10)
    train(specs, tmp_path / "whole")
    out = tmp_path / "cut"
    n_starts = 0
    while len(Store(out).done()) < len(specs):
        stops[:] = [3]
        train(specs, out)
        n_starts += 1
    assert n_starts >= 2
    assert stored(out) == stored(tmp_path / "whole")
    assert "a checkpoint is written" in logs_of(out, specs[0].run_id)[0].read_text()
    assert "continuing from" in logs_of(out, specs[0].run_id)[0].read_text()


def test_a_run_that_leaves_the_numbers_is_recorded_and_the_others_of_the_pack_are_done(tmp_path: Path) -> None:
    specs = [made.convolutional(learning_rate=rate, n_train=64, epochs=1) for rate in (0.01, 1e25)]
    Work.of(
        [Pack("actual_task", 1, (spec,)) for spec in specs],
        out=tmp_path,
        origin=PROJECT.origin,
        device="cpu",
        code=CODE,
    )()
    store = Store(tmp_path)
    assert store.done() == {specs[0].run_id}
    assert store.failed()[specs[1].run_id].failure == "nan"


def test_an_exception_fails_the_guilty_run_alone_with_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = hw1.train.train

    def raising(specs: list[Spec], **options: Any) -> Any:
        for n, state in enumerate(whole(specs, **options)):
            if n == 0 and any(spec.seed == 2 for spec in specs):
                raise ZeroDivisionError("seed 2 is unlucky")
            yield state

    monkeypatch.setattr(hw1.train, "train", raising)
    train(FITS, tmp_path / "out")
    store = Store(tmp_path / "out")
    assert store.done() == {spec.run_id for spec in FITS if spec.seed != 2}
    failure = store.failed()[FITS[2].run_id]
    assert failure.failure == "exception"
    assert failure.message == "ZeroDivisionError: seed 2 is unlucky"
    assert failure.traceback is not None
    assert "in raising" in failure.traceback
    monkeypatch.undo()
    store.clear_failures([FITS[2].run_id])
    train([FITS[2]], tmp_path / "out")
    train(FITS, tmp_path / "whole")
    assert stored(tmp_path / "out") == stored(tmp_path / "whole")


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


@pytest.mark.parametrize(
    "unfit",
    [{}, {"unit": "epoch"}, {"step": 1, "n_steps": 2, "unit": "iteration", "fraction": 0.5, "values": {"other": 1}}],
)
def test_a_checkpoint_of_other_code_that_does_not_fit_fails_no_run(unfit: dict[str, Any], tmp_path: Path) -> None:
    pack = Pack("simulate", 1, tuple(FITS))
    Checkpoints(tmp_path / "out").save(pack.pack_id, pack.run_ids, unfit)
    train(FITS, tmp_path / "out")
    train(FITS, tmp_path / "whole")
    assert stored(tmp_path / "out") == stored(tmp_path / "whole")
    assert Store(tmp_path / "out").read("runs").to_pylist()[0]["n_pack"] == 4


def test_heartbeats_say_how_far_a_pack_is(tmp_path: Path, stops: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(session, "HEARTBEAT_EVERY_S", 0.0)
    monkeypatch.setattr(Heartbeats, "write", lambda _, heartbeat: seen.append(heartbeat))
    train([made.fit(max_iterations=500)], tmp_path)
    assert seen.pop(0).where == "starting"
    assert [(h.step, h.n_steps, h.unit) for h in seen] == [(100 * k, 500, "iteration") for k in range(1, 5)]
    assert [h.fraction for h in seen] == [0.2, 0.4, 0.6, 0.8]
    assert all(h.seconds_left is not None and h.seconds_left > 0 for h in seen[1:])


def left_by(pid: int, specs: list[Spec], *, out: Path, deaths: int = 0) -> None:
    """Have a worker of this very job take the pack."""
    holder = replace(me(), pid=pid, born=born(pid) or 1, deaths=deaths)
    assert Leases(out).claim(Pack("simulate", 1, tuple(specs)).pack_id, lambda _: holder).lease


@pytest.fixture
def dead() -> int:
    """The pid of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


@pytest.fixture
def attempt(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make this process an attempt of an array element."""

    def begin(**fields: Any) -> None:
        current = Attempt(job_id=provenance.job(), retries={"memory": 2, "killed": 2}, **fields)
        monkeypatch.setattr(attempts._Current, "attempt", current)

    return begin


@pytest.mark.parametrize(
    "case",
    [("memory", 0, [2, 2, 2, 2]), ("killed", 0, [4, 4, 4, 4]), ("killed", 1, [2, 2, 2, 2]), ("lost", 5, [4, 4, 4, 4])],
)
def test_a_pack_that_killed_its_workers_is_halved_and_ends_with_the_same_bits(
    case: tuple[Ending, int, list[int]], tmp_path: Path, dead: int, attempt: Callable[..., None]
) -> None:
    previous, deaths, sizes = case
    left_by(dead, FITS, out=tmp_path / "out", deaths=deaths)
    attempt(previous=previous)
    train(FITS, tmp_path / "out")
    assert [row["n_pack"] for row in Store(tmp_path / "out").read("runs").to_pylist()] == sizes
    assert not list((tmp_path / "out").glob("checkpoints/*"))
    train(FITS, tmp_path / "whole")
    assert stored(tmp_path / "out") == stored(tmp_path / "whole")


@pytest.mark.parametrize("previous", ["memory", "killed"])
def test_a_run_alone_that_killed_too_many_workers_has_failed(
    previous: Ending, tmp_path: Path, dead: int, attempt: Callable[..., None]
) -> None:
    left_by(dead, FITS[:1], out=tmp_path, deaths=1)
    attempt(previous=previous)
    train(FITS[:1], tmp_path)
    failure = Store(tmp_path).failed()[FITS[0].run_id]
    assert (failure.failure, failure.message) == (previous, f"{previous}: 2 worker(s) died")


def test_memory_that_runs_out_within_python_halves_the_pack_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = hw1.train.train

    def greedy(specs: list[Spec], **options: Any) -> Any:
        if len(specs) > 1:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes")
        yield from whole(specs, **options)

    monkeypatch.setattr(hw1.train, "train", greedy)
    train(FITS, tmp_path)
    assert [row["n_pack"] for row in Store(tmp_path).read("runs").to_pylist()] == [1] * 4


def test_a_pack_that_another_worker_trains_comes_last_and_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "AGAIN_S", 0.05)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        left_by(other.pid, FITS[:1], out=tmp_path)
        announce = Heartbeats.announce

        def announced(self: Heartbeats, beat: Heartbeat) -> None:
            announce(self, beat)
            said.append(Heartbeats(tmp_path).read()[0].where)
            if Store(tmp_path).done():
                other.kill()

        said: list[str] = []
        monkeypatch.setattr(Heartbeats, "announce", announced)
        packs = [Pack("simulate", 1, (FITS[0],)), Pack("simulate", 1, (FITS[1],))]
        Work.of(packs, out=tmp_path, origin=PROJECT.origin, device="cpu", code=CODE)()
    assert Store(tmp_path).done() == {spec.run_id for spec in FITS[:2]}
    assert set(said) == {f"waiting for job {provenance.job()} on {provenance.host()}, which trains this pack"}
    assert logs_of(tmp_path, FITS[0].run_id)[0].read_text().count("which trains this pack") == 1
    assert not Heartbeats(tmp_path).read()


def test_waiting_has_an_end_that_says_for_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "AGAIN_S", 0.05)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        left_by(other.pid, FITS[:1], out=tmp_path)
        waiting = replace(
            Work.of([Pack("simulate", 1, (FITS[0],))], out=tmp_path, origin=PROJECT.origin, device="cpu", code=CODE),
            wait_s=0.2,
        )
        with pytest.raises(UnfinishedError, match=r"1 pack\(s\) not trained after 0 s of waiting for job .* on "):
            waiting()
        other.kill()
    assert not list((tmp_path / "heartbeats").iterdir())


def test_a_folder_that_takes_no_leases_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "leases").write_text("")
    with pytest.raises(FolderError, match="cannot claim packs in"):
        train(FITS[:1], tmp_path)


def test_a_worker_whose_pack_was_taken_over_stops_at_once_and_commits_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "HEARTBEAT_EVERY_S", 0.0)
    monkeypatch.setattr(worker, "AGAIN_S", 0.05)
    pack, steps = Pack("simulate", 1, (made.fit(max_iterations=500),)), []
    said, read = session._said, Heartbeats.read

    def taken_over(beat: Heartbeat, state: Any, left: Any) -> Heartbeat:
        steps.append(state.step)
        if steps == [100, 200]:
            path = next((tmp_path / "leases").iterdir())
            os.utime(path, (0, 0))
            dead = replace(me(), machine="elsewhere", pid=1, born=1)
            assert Leases(tmp_path).claim(pack.pack_id, lambda _: dead).lease
            os.utime(path.with_suffix(".2"), (0, 0))
        return said(beat, state, left)

    monkeypatch.setattr(session, "_said", taken_over)
    train(list(pack.specs), tmp_path)
    assert steps == [100, 200, 100, 200, 300, 400]
    text = logs_of(tmp_path, pack.run_ids[0])[0].read_text()
    assert text.count("another worker has taken this pack over: nothing is committed") == 1
    assert text.count("committed 1 run(s)") == 1
    assert read(Heartbeats(tmp_path)) == []
    assert not list((tmp_path / "leases").iterdir())


def test_a_pack_that_another_worker_has_committed_meanwhile_is_not_trained_again(tmp_path: Path) -> None:
    late = Worker(tmp_path, PROJECT, "cpu", CODE)
    train(FITS[:1], tmp_path)
    assert not late.train(Pack("simulate", 1, (FITS[0],)))
    assert len(Store(tmp_path).layout.names("runs")) == 1
    assert logs_of(tmp_path, FITS[0].run_id)[0].read_text().count("thread(s)") == 1


def test_a_commit_that_stood_still_before_its_last_name_is_undone_by_who_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "AGAIN_S", 0.01)
    monkeypatch.setattr(worker, "AGAIN_S", 0.05)
    publish, taken = Batch.publish, []

    def slow(self: Batch) -> None:
        if not taken and self._written[-1][1].parent.name == "runs":
            taken.append(True)
            for path in (tmp_path / "leases").iterdir():
                os.utime(path, (0, 0))
            with monkeypatch.context() as other:
                other.setattr("jobs.worker.holder.machine", lambda: "elsewhere")
                train(FITS[:2], tmp_path)
        publish(self)

    monkeypatch.setattr(Batch, "publish", slow)
    train(FITS[:2], tmp_path)
    assert len(Store(tmp_path).layout.names("runs")) == 1
    assert Store(tmp_path).done() == {spec.run_id for spec in FITS[:2]}


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


@pytest.mark.parametrize("wrong", [{"unknown": {"run_id": ["x"]}}, {"runs": {"run_id": 3}}, {"runs": None}])
def test_tables_that_do_not_fit_fail_the_guilty_run_alone_and_are_not_trained_again(
    wrong: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, n_calls = hw1.train.train, []

    def unfit(specs: list[Spec], **options: Any) -> Any:
        n_calls.append(1)
        for state in whole(specs, **options):
            if state.tables is not None and any(spec.seed == 2 for spec in specs):
                yield replace(state, tables={**state.tables, **wrong})
            else:
                yield state

    monkeypatch.setattr(hw1.train, "train", unfit)
    packs = [Pack("simulate", 1, tuple(FITS[:3])), Pack("simulate", 1, tuple(FITS[3:]))]
    Work.of(packs, out=tmp_path, origin=PROJECT.origin, device="cpu", code=CODE)()
    store = Store(tmp_path)
    assert store.done() == {spec.run_id for spec in FITS if spec.seed != 2}
    assert "Traceback" in (store.failed()[FITS[2].run_id].traceback or "")
    n = len(n_calls)
    Work.of(packs, out=tmp_path, origin=PROJECT.origin, device="cpu", code=CODE)()
    assert len(n_calls) == n


def test_data_that_is_missing_burns_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    spec = made.classifier(snapshots=False, dataset="kmnist")
    with pytest.raises(DataError, match=r"images-idx3-ubyte is missing: run `hw1 data --dataset kmnist`"):
        train([spec], tmp_path / "out")
    assert Store(tmp_path / "out").done_and_failed() == (set(), {})


def test_a_message_that_is_not_unicode_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(*_: Any, **__: Any) -> Any:
        raise SystemExit("caf\udce9 \x1b[31m")

    monkeypatch.setattr(hw1.train, "train", odd)
    train(FITS[:1], tmp_path)
    assert "caf\\udce9" in (Store(tmp_path).failed()[FITS[0].run_id].message or "")


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


def test_what_was_cancelled_is_not_begun_and_what_is_done_is_not_trained_again(
    tmp_path: Path, attempt: Callable[..., None]
) -> None:
    train(FITS[:1], tmp_path)
    submission = SimpleNamespace(cancelled=lambda: frozenset({FITS[1].run_id}))
    attempt(submission=submission)
    train(FITS, tmp_path)
    assert Store(tmp_path).done() == {spec.run_id for spec in (FITS[0], FITS[2], FITS[3])}
    assert sorted(row["n_pack"] for row in Store(tmp_path).read("runs").to_pylist()) == [1, 2, 2]
