"""Workers that follow one another: who died, who waits, who was taken over."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import hw1.train
from hw1.project import PROJECT
from hw1.tests import made
from jobs import Spec
from jobs.pack import Pack
from jobs.tests.stored import stored
from jobs.tests.workers import CODE, FITS, train
from jobs.worker import commits, provenance, session, worker
from jobs.worker.heartbeats import Heartbeat, Heartbeats
from jobs.worker.holder import born, me
from jobs.worker.leases import Leases
from jobs.worker.logs import logs_of
from jobs.worker.worker import UnfinishedError, Worker
from jobs.worker.workload import Work
from results.disk import Batch
from results.folder import FolderError
from results.tests.stores import Store
from slurm import attempts
from slurm.attempts import Attempt, Ending


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


def test_what_was_cancelled_is_not_begun_and_what_is_done_is_not_trained_again(
    tmp_path: Path, attempt: Callable[..., None]
) -> None:
    train(FITS[:1], tmp_path)
    submission = SimpleNamespace(time_limit_min=60.0, cancelled=lambda: frozenset({FITS[1].run_id}))
    attempt(submission=submission)
    train(FITS, tmp_path)
    assert Store(tmp_path).done() == {spec.run_id for spec in (FITS[0], FITS[2], FITS[3])}
    assert sorted(row["n_pack"] for row in Store(tmp_path).read("runs").to_pylist()) == [1, 2, 2]
