"""Local processes: as many as fit, each with its share, every end noticed, nothing left behind."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import slurm
from results.folder import FolderError
from slurm.local import run_local
from slurm.pool import Change
from slurm.tasks import Outcome, Task
from slurm.tests import calls
from slurm.tests.waiting import eventually

Survivors = Callable[[], dict[int, str]]

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2, signal.SIGHUP)


def _notes(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


def _has_begun(path: Path) -> bool:
    return path.exists() and "begun" in path.read_text()


def _run(folder: Path, named: Mapping[str, Callable[[], object]], **options: Any) -> dict[str, Outcome]:
    tasks = [Task(name=name, call=call, minutes=1) for name, call in named.items()]
    outcomes = run_local(tasks, folder=folder, **({"n_cpus": 2} | options))
    assert [outcome.name for outcome in outcomes] == list(named)
    return {outcome.name: outcome for outcome in outcomes}


def test_no_more_runs_than_fits_and_each_gets_its_threads(tmp_path: Path) -> None:
    before = dict(os.environ)
    cpus = {"a": 1, "b": 2, "c": 1, "d": 5}
    tasks = [
        Task(name=name, call=calls.Note(tmp_path / f"{name}.json", seconds), minutes=9 - n, cpus=n, gpus=n % 2)
        for (name, n), seconds in zip(cpus.items(), (1.0, 0.1, 0.1, 0.1), strict=True)  # time for c to start beside a
    ]
    outcomes = run_local(tasks, folder=tmp_path, n_cpus=2)
    assert [outcome.state for outcome in outcomes] == ["done"] * 4
    assert dict(os.environ) == before
    notes = _notes(tmp_path)
    for name, note in notes.items():
        for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            assert note[variable] == str(min(2, cpus[name]))
        assert note["CUDA_VISIBLE_DEVICES"] == "", "there is none to be had"
        beside = [n for n, other in notes.items() if other["begin"] <= note["begin"] < other["end"]]
        assert sum(min(2, cpus[n]) for n in beside) <= 2
    assert notes["a"]["begin"] < notes["b"]["begin"] < notes["d"]["begin"]
    assert notes["c"]["begin"] < notes["a"]["end"], "the two small ones run side by side"


def test_each_gpu_has_one_task_at_a_time_which_sees_no_other(tmp_path: Path) -> None:
    gpus = {"a": 1, "b": 1, "c": 1, "more than there are": 3, "none": 0}
    tasks = [
        Task(name=name, call=calls.Note(tmp_path / f"{name}.json", 0.2), minutes=1, gpus=n) for name, n in gpus.items()
    ]
    assert all(outcome.state == "done" for outcome in run_local(tasks, folder=tmp_path, n_cpus=6, gpus=(4, 7)))
    notes = _notes(tmp_path)
    seen = {name: note["CUDA_VISIBLE_DEVICES"] for name, note in notes.items()}
    assert {seen["a"], seen["b"], seen["c"]} == {"4", "7"}
    assert (seen["more than there are"], seen["none"]) == ("4,7", "")
    for name, note in notes.items():
        for other in set(notes) - {name}:
            if set(filter(None, seen[name].split(","))) & set(seen[other].split(",")):
                assert note["end"] <= notes[other]["begin"] or notes[other]["end"] <= note["begin"]


def test_every_way_to_fail_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    named: dict[str, Callable[[], object]] = {
        "raises": calls.refuse,
        "exits": calls.leave,
        "vanishes": calls.vanish,
        "not loaded": calls.Unloadable(),
        "not pickled": partial(print, threading.Lock()),
        "kills itself": calls.kill_self,
        "a/b c": calls.Note(tmp_path / "good.json"),
    }
    outcomes = _run(tmp_path, named, n_cpus=3)
    assert {name: (outcome.state, outcome.reason) for name, outcome in outcomes.items()} == {
        "raises": ("failed", "ValueError: no: ÿ 漢"),
        "exits": ("failed", "SystemExit: 3"),
        "vanishes": ("killed", "no result: ended by itself or killed, perhaps out of memory"),
        "not loaded": ("failed", "RuntimeError: cannot be loaded"),
        "not pickled": ("failed", "could not be started: cannot pickle '_thread.lock' object"),
        "kills itself": ("killed", "no result: ended by itself or killed, perhaps out of memory"),
        "a/b c": ("done", ""),
    }
    assert re.search(r'^Traceback .*calls.py", line \d+, in refuse\n', outcomes["raises"].error, re.DOTALL)
    assert "\nValueError: no: ÿ 漢\n" in (outcomes["raises"].stderr or tmp_path).read_text()
    assert outcomes["vanishes"].error == "last words \N{REPLACEMENT CHARACTER}"
    left = {path.suffix for path in tmp_path.glob("local/*/*/*")}
    assert left == {".out", ".err"}
    assert {path.name for path in tmp_path.glob("local/*/*")} >= {"000-raises", "006-a_b_c"}


def test_a_worker_killed_from_outside_is_noticed_within_a_second_with_all_it_started(
    tmp_path: Path, survivors: Survivors
) -> None:
    killed_at: list[float] = []
    noticed_at: list[float] = []

    def kill() -> None:
        assert eventually(partial(_has_begun, tmp_path / "stubborn.txt"))
        killed_at.append(time.monotonic())
        os.kill(int((tmp_path / "stubborn.txt").read_text().split()[1]), signal.SIGKILL)

    def note(change: Change) -> None:
        if change.state == "killed":
            noticed_at.append(time.monotonic())

    thread = threading.Thread(target=kill)
    thread.start()
    named: dict[str, Callable[[], object]] = {
        "stubborn": calls.Stubborn(tmp_path / "stubborn.txt"),
        "other": calls.Note(tmp_path / "other.json", 1.5),
    }
    outcomes = _run(tmp_path, named, on_change=note)
    thread.join()
    assert [outcome.state for outcome in outcomes.values()] == ["killed", "done"]
    assert 0 < noticed_at[0] - killed_at[0] < 10  # the first poll, however busy the machine is
    assert not survivors()


def test_a_signal_to_one_worker_stops_that_one_and_it_is_not_begun_again(tmp_path: Path) -> None:
    paths = {number.name: tmp_path / f"{number.name}.txt" for number in _STOP}

    def send() -> None:
        for number in _STOP:
            path = paths[number.name]
            assert eventually(partial(_has_begun, path))
            os.kill(int(path.read_text().split()[1]), number)

    thread = threading.Thread(target=send)
    thread.start()
    named: dict[str, Callable[[], object]] = {name: calls.Checkpointing(path, 0.1) for name, path in paths.items()}
    outcomes = _run(tmp_path, named | {"other": calls.Note(tmp_path / "other.json")}, n_cpus=4)
    thread.join()
    for name, path in paths.items():
        assert (outcomes[name].state, outcomes[name].reason) == ("interrupted", "stopped when asked to")
        assert re.fullmatch(r"begun \d+\nhalf\nwhole\n", path.read_text())
    assert outcomes["other"].state == "done"


def test_an_error_in_telling_lets_the_workers_write_their_checkpoints_and_is_raised(tmp_path: Path) -> None:
    def fail(change: Change) -> None:
        if change.state == "done":
            raise ZeroDivisionError

    path = tmp_path / "c.txt"
    tasks = [
        Task(name="c", call=calls.Checkpointing(path, 0.5), minutes=3),
        Task(name="n", call=calls.Note(tmp_path / "n.json", 1), minutes=2),
        Task(name="never", call=calls.Note(tmp_path / "never.json"), minutes=1, cpus=2),
    ]
    with pytest.raises(ZeroDivisionError):
        run_local(tasks, folder=tmp_path, n_cpus=2, on_change=fail)
    assert path.read_text().endswith("half\nwhole\n")
    assert not (tmp_path / "never.json").exists()


def test_signals_go_back_to_whoever_took_them_before(tmp_path: Path) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    _run(tmp_path, {"not pickled": partial(print, threading.Lock())})
    assert [signal.getsignal(number) for number in numbers] == before
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_task_starts_once_those_that_it_comes_after_have_ended_however_they_did(tmp_path: Path) -> None:
    after = {"last": {"fails", "long"}, "long": set(), "fails": set()}
    every = {"last": calls.Note(tmp_path / "last.json", 0.0), "long": calls.Note(tmp_path / "long.json", 0.5)}
    every |= {"fails": calls.refuse}
    tasks = [Task(name=n, call=every[n], minutes=9 - k, after=frozenset(after[n])) for k, n in enumerate(after)]
    outcomes = run_local(tasks, folder=tmp_path, n_cpus=3)
    assert [outcome.state for outcome in outcomes] == ["done", "done", "failed"]
    notes = _notes(tmp_path)
    assert notes["last"]["begin"] >= notes["long"]["end"]


def test_what_makes_no_sense_is_refused_before_anything_starts(tmp_path: Path) -> None:
    task = Task(name="a", call=print, minutes=1)
    circle = [Task(name=name, call=print, minutes=1, after=frozenset({other})) for name, other in ("ab", "ba")]
    for tasks, n_cpus, said in (
        ([task, task], 1, "tasks must have different names"),
        ([task], 0, "`n_cpus` must be >= 1, got 0"),
        (circle, 1, "in a circle: (a after b|b after a)"),
        (circle[:1], 1, "wait for each other only, got b"),
    ):
        with pytest.raises(ValueError, match=said):
            run_local(tasks, folder=tmp_path, n_cpus=n_cpus)
    assert run_local([], folder=tmp_path, n_cpus=1) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["json.py", "jobs/__init__.py", "slurm/__init__.py", "sitecustomize.py"])
def test_what_lies_in_the_current_folder_is_not_imported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here" / name).parent.mkdir(parents=True)
    (tmp_path / "here" / name).write_text("raise RuntimeError('the wrong one')")
    monkeypatch.chdir(tmp_path / "here")
    outcomes = _run(tmp_path, {"a": calls.Note(tmp_path / "a.json")})
    assert outcomes["a"].state == "done", outcomes


def test_no_home_no_name_and_no_temporary_folder_are_needed(tmp_path: Path) -> None:
    gone = {"HOME", "USER", "LOGNAME", "XDG_RUNTIME_DIR"}
    known = {name: value for name, value in os.environ.items() if name not in gone} | {"TMPDIR": "/nonexistent"}
    command = [sys.executable, "-m", "slurm.tests.driver", str(tmp_path), "5", "Touch"]
    said = subprocess.check_output(command, env=known, text=True)
    assert said.endswith('[["done", ""]]\n')


def test_workers_import_what_their_parent_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("slurm", "results"):
        shutil.copytree(Path(slurm.__file__).parents[1] / room, tmp_path / "checkout" / room)
    monkeypatch.delenv("PYTHONPATH")
    code = (
        "import pathlib; from slurm.local import run_local; from slurm.tasks import Task\n"
        "from slurm.tests import calls\n"
        f"out = pathlib.Path({str(tmp_path)!r})\n"
        "print(run_local([Task(name='a', call=calls.Where(out / 'where'), minutes=1)], folder=out, n_cpus=1)[0].state)"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=tmp_path / "checkout")
    assert said == "done\n"
    assert (tmp_path / "where").read_text().startswith(f"{tmp_path}/checkout/")


def test_a_file_system_without_locks_is_refused_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("slurm.lifeline.fcntl.flock", refuse)
    with pytest.raises(FolderError, match=r"lifeline cannot be locked: No locks available; give another --out$"):
        _run(tmp_path, {"a": calls.Touch(tmp_path / "a")})
    assert not (tmp_path / "a").exists()


def test_the_parent_imports_nothing_heavy() -> None:
    code = "import sys, slurm.local; print({'torch', 'pandas', 'numpy', 'matplotlib'} & sys.modules.keys())"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_a_module_that_cannot_be_imported_in_time_does_not_keep_a_run_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stuck.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("slurm.forks._END_S", 0.2)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    tasks = [Task(name="a", call=calls.Note(tmp_path / "a.json"), minutes=1)]
    begun = time.monotonic()
    (outcome,) = run_local(tasks, folder=tmp_path / "out", n_cpus=1, imports=["stuck"])
    assert (outcome.state, outcome.reason) == ("interrupted", "not started")
    assert time.monotonic() - begun < 300
