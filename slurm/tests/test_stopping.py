"""Stopping: whoever is asked, however, and whenever, checkpoints are written and nothing is left behind.

Each test starts its parents at the same time, since what takes long is starting Python.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from slurm.tests.waiting import eventually

Survivors = Callable[[], dict[int, str]]

_WHOLE = re.compile(r"begun \d+\nhalf\nwhole\n")


class Driver:
    """A parent in a process group of its own, as a shell would start it."""

    def __init__(self, folder: Path, *names: str, grace_s: float = 20) -> None:
        """Start it."""
        folder.mkdir()
        self.folder = folder
        self.n_tasks = len(names)
        command = [sys.executable, "-m", "slurm.tests.driver", str(folder), str(grace_s), *names]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0)

    def begun(self) -> Self:
        """Wait until every task is at work."""
        assert eventually(lambda: sum("begun" in text for text in self.texts) == self.n_tasks), self.texts
        return self

    def started(self) -> Self:
        """Wait until every task's processes have been started."""
        assert self.process.stdout is not None
        for _ in range(self.n_tasks):
            self.process.stdout.readline()
        return self

    @property
    def texts(self) -> list[str]:
        """What the tasks have written."""
        return [path.read_text() for path in sorted(self.folder.glob("*.txt"))]

    @property
    def worker(self) -> int:
        """The first task's worker."""
        return int(self.texts[0].split()[1])

    def send(self, number: int) -> None:
        """Signal the parent alone."""
        self.process.send_signal(number)

    def send_group(self, number: int) -> None:
        """Signal the whole group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def send_both(self) -> None:
        """Signal the parent and then its group."""
        self.send(signal.SIGTERM)
        self.send_group(signal.SIGTERM)

    def killed(self) -> bool:
        """Wait for its end; it was killed."""
        status = self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status == -signal.SIGKILL

    def ended(self) -> list[tuple[str, str]]:
        """How the tasks ended: states and reasons."""
        output, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return [(state, reason) for state, reason in json.loads(output.splitlines()[-1])]


def state(pid: int) -> str:
    """A process's state: T if it is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_ctrl_z_stops_the_workers_too_and_fg_lets_them_go_on(tmp_path: Path, survivors: Survivors) -> None:
    ways: list[Callable[[Driver, int], object]] = [Driver.send_group, lambda driver, number: driver.send(number)]
    drivers = [Driver(tmp_path / str(k), "Checkpointing").begun() for k in range(len(ways))]
    for driver, way in zip(drivers, ways, strict=True):
        for _ in range(2):
            way(driver, signal.SIGTSTP)
            assert eventually(lambda driver=driver: state(driver.process.pid) == state(driver.worker) == "T")
            way(driver, signal.SIGCONT)
            assert eventually(lambda driver=driver: state(driver.worker) != "T")
        driver.send(signal.SIGINT)
        assert driver.ended() == [("interrupted", "stopped when asked to")]
        assert _WHOLE.fullmatch(driver.texts[0])
    assert not survivors()


def test_workers_do_not_outlive_a_parent_that_is_killed_while_it_is_stopped(
    tmp_path: Path, survivors: Survivors
) -> None:
    driver = Driver(tmp_path / "a", "Checkpointing").begun()
    driver.send(signal.SIGTSTP)
    assert eventually(lambda: state(driver.process.pid) == state(driver.worker) == "T")
    driver.send(signal.SIGKILL)
    assert driver.killed()
    assert eventually(lambda: _WHOLE.fullmatch(driver.texts[0]))
    assert eventually(lambda: not survivors())


def test_every_checkpoint_is_written_whoever_gets_the_signal(tmp_path: Path, survivors: Survivors) -> None:
    ways: dict[str, Callable[[Driver], object]] = {
        "Ctrl-C": lambda driver: driver.send_group(signal.SIGINT),
        "kill -INT": lambda driver: driver.send(signal.SIGINT),
        "kill": lambda driver: driver.send(signal.SIGTERM),
        "timeout, which signals its child and then its group": Driver.send_both,
        "the terminal closes": lambda driver: driver.send_group(signal.SIGHUP),
    }
    drivers = {way: Driver(tmp_path / str(k), "Checkpointing") for k, way in enumerate(ways)}
    for way, driver in drivers.items():
        ways[way](driver.begun())
    for way, driver in drivers.items():
        assert driver.ended() == [("interrupted", "stopped when asked to")], way
        assert _WHOLE.fullmatch(driver.texts[0]), way
    assert not survivors()


def test_what_does_not_stop_is_killed_at_the_second_signal_or_after_the_grace_time(
    tmp_path: Path, survivors: Survivors
) -> None:
    twice = Driver(tmp_path / "twice", "Stubborn", "Checkpointing", grace_s=600)
    late = Driver(tmp_path / "late", "Stubborn", "Checkpointing", grace_s=3)
    for driver in (twice, late):
        driver.begun()
    begin = time.monotonic()
    for driver in (twice, late):
        driver.send_group(signal.SIGINT)
    time.sleep(0.7)
    twice.send_group(signal.SIGINT)
    assert twice.ended() == [("killed", "no result: did not stop when asked to")] * 2, "long before its grace time"
    assert twice.texts[1].endswith("half\n")
    stubborn, stopped = late.ended()
    assert time.monotonic() - begin > 3
    assert stubborn == ("killed", "no result: did not stop when asked to")
    assert stopped == ("interrupted", "stopped when asked to")
    assert not survivors()


def test_workers_do_not_outlive_a_parent_that_is_killed(tmp_path: Path, survivors: Survivors) -> None:
    driver = Driver(tmp_path / "a", "Checkpointing", "Stubborn", grace_s=1.6).begun()
    driver.send(signal.SIGKILL)
    assert driver.killed()
    assert eventually(lambda: _WHOLE.fullmatch(driver.texts[0])), "the checkpoint is still written"
    assert eventually(lambda: not survivors())


def test_workers_go_on_without_the_process_that_forked_them(tmp_path: Path, survivors: Survivors) -> None:
    driver = Driver(tmp_path / "a", "Checkpointing", "Checkpointing").begun()
    forking = int(Path(f"/proc/{driver.worker}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(forking, signal.SIGKILL)
    assert eventually(lambda: len(survivors()) == 3), "the parent and both workers"
    driver.send(signal.SIGTERM)
    assert [state for state, _ in driver.ended()] == ["interrupted", "interrupted"]


def test_a_signal_while_workers_are_starting_leaves_nothing_half_done(tmp_path: Path, survivors: Survivors) -> None:
    ways: list[Callable[[Driver], object]] = [
        lambda driver: driver.send_group(signal.SIGINT),
        lambda driver: driver.send_group(signal.SIGTERM),
        lambda driver: driver.send_group(signal.SIGKILL),
    ]
    drivers = [Driver(tmp_path / str(k), "Checkpointing", grace_s=10) for k in range(6)]
    for k, driver in enumerate(drivers):
        driver.started()
        time.sleep(0.12 * (k // 3))
        ways[k % 3](driver)
    for k, driver in enumerate(drivers):
        if k % 3 < 2:
            assert driver.ended() == [("interrupted", "stopped when asked to")]
        else:
            assert driver.killed()
    assert eventually(lambda: not survivors())
    for driver in drivers:
        assert all(_WHOLE.fullmatch(text) for text in driver.texts)
