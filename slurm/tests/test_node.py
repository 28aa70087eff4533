"""What an array element does on its node, in a process of its own as srun starts it, without Slurm."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from slurm import ledger
from slurm.ledger import Submission
from slurm.node import CLOSED, DONE, FAILED, REFUSED, STOPPED
from slurm.profiles import load
from slurm.tasks import Task
from slurm.tests.calls import Checkpointing, Touch, refuse
from slurm.tests.waiting import eventually

ENVIRONMENT = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "0", "SLURMD_NODENAME": "node3"}


def submission(tmp_path: Path, *calls: Callable[[], object]) -> Submission:
    """A submission of one element that makes these calls."""
    tasks = [Task(name=f"t{k}", call=call, minutes=1) for k, call in enumerate(calls)]
    return ledger.record([tasks], folder=tmp_path, prefix="x", profile=load("generic"), code=tmp_path, max_array_size=1)


def started(made: Submission, *words: str) -> subprocess.Popen[str]:
    """Start the element."""
    command = [sys.executable, "-m", "slurm.node", *words]
    return subprocess.Popen(command, env=os.environ | ENVIRONMENT, stderr=subprocess.PIPE, text=True)


def run(made: Submission) -> int:
    """Its exit code."""
    process = started(made, "run", str(made.folder), "0")
    process.communicate(timeout=60)
    return process.returncode


def events(made: Submission) -> list[str]:
    """What its log says, in a few words."""
    return [f"{event.event} {event.task or event.kind or event.node}".strip() for event in made.log(0).read()]


def test_an_element_makes_its_calls_in_order_and_none_again(tmp_path: Path) -> None:
    made = submission(tmp_path, Touch(tmp_path / "a"), Touch(tmp_path / "b"))
    assert run(made) == DONE
    assert events(made) == ["started node3", "task_done t0", "task_done t1"]
    for name in ("a", "b"):
        (tmp_path / name).unlink()
    assert run(made) == DONE
    assert not (tmp_path / "a").exists()


def test_a_call_that_raises_is_recorded_and_the_others_are_made(tmp_path: Path) -> None:
    made = submission(tmp_path, refuse, Touch(tmp_path / "b"))
    assert run(made) == FAILED
    assert events(made) == ["started node3", "task_failed t0", "task_done t1"]
    assert made.log(0).read()[1].message == "ValueError: no: ÿ 漢"


def test_a_signal_lets_a_call_write_its_checkpoint_and_the_next_start_goes_on(tmp_path: Path) -> None:
    made = submission(tmp_path, Touch(tmp_path / "a"), Checkpointing(tmp_path / "log"), Touch(tmp_path / "c"))
    for number in (signal.SIGUSR2, signal.SIGTERM):
        (tmp_path / "log").unlink(missing_ok=True)
        process = started(made, "run", str(made.folder), "0")
        assert eventually((tmp_path / "log").exists)
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == STOPPED
        assert (tmp_path / "log").read_text().endswith("whole\n")
    assert events(made) == ["started node3", "task_done t0", "started node3"]
    assert not (tmp_path / "c").exists()


def test_a_closed_element_does_nothing_and_one_that_is_closed_later_stops(tmp_path: Path) -> None:
    made = submission(tmp_path, Checkpointing(tmp_path / "log"))
    process = started(made, "run", str(made.folder), "0")
    assert eventually((tmp_path / "log").exists)
    made.close(0, "cancelled")
    process.communicate(timeout=60)
    assert process.returncode == CLOSED
    (tmp_path / "log").unlink()
    assert run(made) == CLOSED
    assert not (tmp_path / "log").exists()


def test_the_end_says_how_it_ended(tmp_path: Path) -> None:
    made = submission(tmp_path, refuse)
    for status in (run(made), DONE):
        process = started(made, "end", str(made.folder), "0", str(status))
        _, said = process.communicate(timeout=60)
        assert process.returncode == status
        assert "not requeued" in said
    assert events(made)[2:] == ["ended failed", "ended done"]
    assert made.log(0).read()[2].message == "ValueError: no: ÿ 漢"
    assert time.time() - made.log(0).read()[2].time < 60


def test_calls_that_cannot_be_read_end_the_job_in_words_and_count_as_an_error(tmp_path: Path) -> None:
    made = submission(tmp_path, Touch(tmp_path / "a"))
    path = made.folder / "elements" / "00000.pkl"
    whole = path.read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"\0" * 100, b"cnowhere\nnothing\n."):
        path.write_bytes(content)
        process = started(made, "run", str(made.folder), "0")
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (REFUSED, f"hw1: {path} is damaged: submit again\n")
    assert events(made) == []
    assert not (tmp_path / "a").exists()
