"""The READMEs: their size, and the study of the front page, read out of it and run."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import load
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


TWO = ("--set", "width=8", "--set", "epochs=400", "--seeds", "1")
"""Runs of the front page's study that take a few seconds each, so that a fault meets them at work."""


def front_page_study() -> str:
    """The front page's study, as it stands there."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


COMMAND = "from jobs.cli.app import main; main()"
BY_HAND = """
import json, sys
from digits import mlp
from jobs import Run
lr, width, seed, epochs = map(json.loads, sys.argv[1:])
print(json.dumps(mlp(Run(), lr=lr, width=width, seed=seed, epochs=epochs)))
"""
SHELL = """
from jobs import grid, shell_study
runs = grid(lr=[0.001, 0.01], width=[8, 32, 128], seed=range(5), epochs=60)
mlp = shell_study("mlp", "cd {{here}} && {python} by_hand.py {{lr}} {{width}} {{seed}} {{epochs}}", runs=runs)
"""
NOTEBOOK = "\nimport sys\nfrom jobs import command\nraise SystemExit(command(' '.join(sys.argv[1:])))"


def as_file(folder: Path) -> list[str]:
    """The front page's study in a file; what to type before a command."""
    (folder / "digits.py").write_text(front_page_study(), encoding="utf-8")
    return [sys.executable, "-c", COMMAND, "-p", "digits.py"]


def as_package(folder: Path) -> list[str]:
    """The same in a package."""
    (folder / "digits").mkdir()
    (folder / "digits" / "study.py").write_text(front_page_study(), encoding="utf-8")
    (folder / "digits" / "__init__.py").write_text("from digits.study import mlp\n", encoding="utf-8")
    return [sys.executable, "-c", COMMAND, "-p", "digits"]


def as_notebook(folder: Path) -> list[str]:
    """The same in cells, of which the last types the command."""
    return [sys.executable, "-c", front_page_study() + NOTEBOOK]


def as_shell(folder: Path) -> list[str]:
    """A shell command that calls the function by hand; in a package, which travels with files that nobody imports."""
    package = folder / "commands"
    package.mkdir()
    as_file(package)
    (package / "by_hand.py").write_text(BY_HAND, encoding="utf-8")
    (package / "__init__.py").write_text(SHELL.format(python=sys.executable), encoding="utf-8")
    return [sys.executable, "-c", COMMAND, "-p", "commands"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two runs that nobody disturbed."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("whole")
    subprocess.run([*as_file(folder), "submit", "--local", *TWO], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "out"


@pytest.mark.slow
@pytest.mark.parametrize("form", [as_file, as_package, as_notebook, as_shell])
def test_the_study_of_the_front_page_killed_in_an_empty_folder_continues_to_the_same_bits_and_a_page(
    form: Callable[[Path], list[str]], tmp_path: Path, whole: Path
) -> None:
    start = form(tmp_path)

    def hw1(*arguments: str) -> str:
        done = subprocess.run([*start, *arguments], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "2 of 2 runs pending" in hw1("plan", *TWO)
    killed = subprocess.Popen(
        [*start, "submit", "--local", *TWO], cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True
    )
    for worker in until_both_train(tmp_path / "out", stepping=form is not as_shell):
        os.kill(worker, signal.SIGKILL)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert "2 of 2 runs pending" in hw1("plan", *TWO)
    assert "all 2 runs are done" in hw1("submit", "--local", *TWO)
    if form is not as_shell:  # whose runs are other ones, and log no rows
        assert stored(tmp_path / "out") == stored(whole)
    assert errors(tmp_path / "out") == errors(whole)
    if form is as_file:  # of commands that only look, one form will do
        assert "30 runs: 30 pending" in hw1("list")
        assert re.search(r"^mlp +2 ", hw1("status", *TWO), re.MULTILINE)
        assert "final_error" in hw1("table", "--by", "lr", "--over", "seed", *TWO)
    hw1("report", *TWO)
    assert "mlp" in (tmp_path / "out" / "report" / "report.html").read_text(encoding="utf-8")


def errors(out: Path) -> dict[tuple[float, int], float]:
    """Final errors by learning rate and seed."""
    rows = load(out).to_dict("records")
    return {(row["lr"], row["seed"]): row["final_error"] for row in rows}


def until_both_train(out: Path, *, stepping: bool, timeout_s: float = 120) -> list[int]:
    """Wait until both workers have begun a run, and a step of it if runs have steps; their process ids."""
    late = time.monotonic() + timeout_s
    while time.monotonic() < late:
        beats = [beat for beat in Heartbeats(out).read() if beat.n_steps or not stepping]
        if len(beats) == 2:  # else the other, who is nobody's child then, goes on
            return [int(beat.job_id.removeprefix("local-")) for beat in beats]
        time.sleep(0.05)
    raise TimeoutError("nothing trains")
