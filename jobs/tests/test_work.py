"""One worker, in this process: commits, stops, continues, and lets the guilty run fail alone."""

from pathlib import Path
from typing import Any

import pytest

import hw1.train
from hw1.specs import Spec
from hw1.tests import made
from jobs import work
from jobs.checkpoints import Checkpoints
from jobs.heartbeats import Heartbeats
from jobs.logs import logs_of
from jobs.pack import Pack
from jobs.provenance import Code
from jobs.tests.stored import stored
from jobs.work import Work
from results.store import Store

CODE = Code(commit="c" * 40, dirty=False)
FITS = [made.fit(seed=k) for k in range(4)]


def train(specs: list[Spec], out: Path) -> None:
    Work.of([Pack("simulate", 1, tuple(specs))], out=out, device="cpu", code=CODE)()


@pytest.fixture
def stops(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After how many more looks a stop is asked for; nothing asks while it is empty."""
    left: list[int] = []

    def asked() -> bool:
        if left:
            left[0] -= 1
        return bool(left) and left[0] < 0

    monkeypatch.setattr(work, "stop_requested", asked)
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
    Work.of([Pack("actual_task", 1, (spec,)) for spec in specs], out=tmp_path, device="cpu", code=CODE)()
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

    monkeypatch.setattr(work, "CHECKPOINT_EVERY_S", 0.0)
    monkeypatch.setattr(Checkpoints, "save", full)
    train([made.fit(max_iterations=400)], tmp_path)
    assert len(Store(tmp_path).done()) == 1
    assert "No space left on device" in next((tmp_path / "logs").iterdir()).read_text()


def test_heartbeats_say_how_far_a_pack_is(tmp_path: Path, stops: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(work, "HEARTBEAT_EVERY_S", 0.0)
    monkeypatch.setattr(Heartbeats, "write", lambda _, heartbeat: seen.append(heartbeat))
    train([made.fit(max_iterations=500)], tmp_path)
    assert [(h.step, h.n_steps, h.unit) for h in seen] == [(100 * k, 500, "iteration") for k in range(1, 5)]
    assert [h.fraction for h in seen] == [0.2, 0.4, 0.6, 0.8]
    assert all(h.seconds_left is not None and h.seconds_left > 0 for h in seen[1:])
