"""The READMEs: their size, and the study of the front page, read out of it and run."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.tests.stored import stored
from jobs.worker.heartbeats import Heartbeats

ROOT = Path(__file__).parents[2]
ROOMS = ("jobs", "slurm", "results", "analysis", "hw1", "hw1/bench")


def test_the_front_page_has_at_most_150_lines_and_links_to_every_rooms_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert all(f"]({room}/README.md)" in text for room in ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_readme_has_at_most_200_lines(room: str) -> None:
    assert 10 < len((ROOT / room / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


FOUR = ("--set", "width=8", "--set", "epochs=1000", "--seeds", "2")
"""Runs of the front page's study that take some seconds each, so that a fault meets them at work."""


def front_page_study() -> str:
    """The front page's study, as it stands there."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.mark.slow
def test_the_study_of_the_front_page_killed_in_an_empty_folder_continues_to_the_same_bits_and_a_page(
    tmp_path: Path,
) -> None:
    pytest.importorskip("torch")
    (tmp_path / "digits.py").write_text(front_page_study(), encoding="utf-8")
    start = [sys.executable, "-c", "from jobs.cli.app import main; main()", "-p", "digits.py"]

    def hw1(*arguments: str) -> str:
        done = subprocess.run([*start, *arguments], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "30 runs: 30 pending" in hw1("list")
    assert "4 of 4 runs pending" in hw1("plan", *FOUR)
    whole = ("submit", "--local", *FOUR, "--out", "whole")
    assert "all 4 runs are done" in hw1(*whole)
    killed = subprocess.Popen(
        [*start, "submit", "--local", *FOUR], cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True
    )
    for worker in until_workers_train(tmp_path / "out", 1):
        os.kill(worker, signal.SIGKILL)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert "all 4 runs are done" in hw1("submit", "--local", *FOUR)
    assert stored(tmp_path / "out") == stored(tmp_path / "whole")
    assert re.search(r"^mlp +4 ", hw1("status", *FOUR), re.MULTILINE)
    assert "final_error" in hw1("table", "--by", "lr", "--over", "seed", *FOUR)
    hw1("report", *FOUR)
    assert "mlp" in (tmp_path / "out" / "report" / "report.html").read_text(encoding="utf-8")


def until_workers_train(out: Path, n: int, timeout_s: float = 120) -> list[int]:
    """Wait until as many workers have begun to train; their process ids."""
    late = time.monotonic() + timeout_s
    while time.monotonic() < late:
        beats = [beat for beat in Heartbeats(out).read() if beat.n_steps]
        if len(beats) >= n:
            return [int(beat.job_id.removeprefix("local-")) for beat in beats]
        time.sleep(0.05)
    raise TimeoutError("nothing trains")
