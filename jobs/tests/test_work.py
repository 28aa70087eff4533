"""One worker, in this process: commits, stops, continues, and lets the guilty run fail alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import hw1.train
from hw1.files import DataError
from hw1.project import PROJECT
from hw1.tests import made
from jobs import Spec
from jobs.pack import Pack
from jobs.tests.stored import stored
from jobs.tests.workers import CODE, FITS, train
from jobs.worker import session, worker
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.heartbeats import Heartbeats
from jobs.worker.logs import logs_of
from jobs.worker.workload import Work
from results.tests.stores import Store


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


@pytest.mark.parametrize("n", [1, 4])
def test_what_raises_once_a_stop_was_asked_for_has_not_failed(
    n: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = hw1.train.train

    def raising(specs: list[Spec], **options: Any) -> Any:  # as where Slurm's signal has ended a process that it needs
        for number, state in enumerate(whole(specs, **options)):
            yield state
            if number == 1:
                monkeypatch.setattr(worker, "stop_requested", lambda: True)
                raise RuntimeError("DataLoader worker (pid 7) is killed by signal: User defined signal 2")

    with monkeypatch.context() as patched:
        patched.setattr(hw1.train, "train", raising)
        train(FITS[:n], tmp_path / "out")
    monkeypatch.undo()
    assert not Store(tmp_path / "out").failed()
    train(FITS[:n], tmp_path / "out")
    train(FITS[:n], tmp_path / "whole")
    assert stored(tmp_path / "out") == stored(tmp_path / "whole")


def test_heartbeats_say_how_far_a_pack_is(tmp_path: Path, stops: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(session, "HEARTBEAT_EVERY_S", 0.0)
    monkeypatch.setattr(Heartbeats, "write", lambda _, heartbeat: seen.append(heartbeat))
    train([made.fit(max_iterations=500)], tmp_path)
    assert seen.pop(0).where == "starting"
    assert [(h.step, h.n_steps, h.unit) for h in seen] == [(100 * k, 500, "iteration") for k in range(1, 5)]
    assert [h.fraction for h in seen] == [0.2, 0.4, 0.6, 0.8]
    assert all(h.seconds_left is not None and h.seconds_left > 0 for h in seen[1:])


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
