"""Local submissions in processes of their own: stopped by signals, killed, continued, told of."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hw1.project import REFERENCE
from hw1.tests.page.shown import CLAIMS, EXTENDED, FIGURES, LEFT_OUT
from hw1.tests.readme import README, renewed, tables
from hw1.tests.recomputed.__main__ import differences
from jobs.tests.commands import hw1
from jobs.tests.stored import stored
from jobs.worker.heartbeats import Heartbeats
from results.layout import layout

ROOT = Path(__file__).parents[2]


HW1 = (sys.executable, "-c", "from jobs.cli.app import main; main()")


WALKS = ("-p", str(ROOT / "jobs" / "tests" / "projects" / "walks.py"))


WALK = ("--study", "walk", "--seeds", "1")


def submit(*sweep: str, out: Path, project: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Train in a process of its own, which it hands its signals to."""
    command = [*HW1, *project, "submit", "--local", *sweep, "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=240, check=False)


def without_torch(*arguments: str, out: Path) -> subprocess.CompletedProcess[str]:
    """Run a command where torch cannot be imported."""
    code = "import sys; sys.modules['torch'] = None; from jobs.cli.app import main; main()"
    command = [sys.executable, "-c", code, *arguments, "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=900, check=False)


def started(*arguments: str, out: Path) -> subprocess.Popen[str]:
    """Start a command in a session of its own, as a shell's foreground job."""
    command, said = [*HW1, *arguments, "--out", str(out)], subprocess.PIPE
    return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, text=True, cwd=ROOT, start_new_session=True)


def until_training(out: Path, timeout: float = 120) -> int:
    """Wait until a worker has begun a pack; its process id."""
    late = time.monotonic() + timeout
    while time.monotonic() < late:
        for beat in Heartbeats(out).read():
            return int(beat.job_id.removeprefix("local-"))
        time.sleep(0.05)
    raise TimeoutError("no worker began")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two studies, trained without a fault."""
    out = tmp_path_factory.mktemp("uninterrupted")
    done = submit(*TWO, out=out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in plain Python, without a fault."""
    out = tmp_path_factory.mktemp("walked")
    assert submit(*WALK, out=out, project=WALKS).returncode == 0
    return out


TWO = ("--smoke", "--study", "gradient_norm", "--study", "minimal_ratio")


def test_a_second_submission_starts_no_worker_and_says_that_all_is_done(uninterrupted: Path) -> None:
    before = sorted(path.name for path in (uninterrupted / "local").iterdir())
    again = submit(*TWO, out=uninterrupted)
    assert again.returncode == 0
    assert "all 101 runs are done" in again.stdout
    assert sorted(path.name for path in (uninterrupted / "local").iterdir()) == before


def test_status_and_logs_tell_of_what_is_done(uninterrupted: Path) -> None:
    records = json.loads(hw1("status", "--json", *TWO, out=uninterrupted).stdout)
    assert [record["state"] for record in records] == ["done"] * 101
    text = hw1("logs", records[0]["run_id"][:6], out=uninterrupted).stdout
    assert "committed 1 run(s)" in text
    assert re.search(r"gradient_norm +1 ", hw1("status", *TWO, out=uninterrupted).stdout)


def test_collect_and_report_need_no_torch_and_say_what_is_missing(uninterrupted: Path) -> None:
    said = hw1("collect", "--smoke", "--study", "gradient_norm", "--study", "random_labels", out=uninterrupted)
    assert said.returncode == 0
    assert "missing: " in said.stdout
    assert "collected 1 of 2 runs" in said.stdout
    shown = without_torch("report", "--study", "gradient_norm", out=uninterrupted)
    assert shown.returncode == 0, shown.stderr
    assert "no full run is done: showing the smoke runs" in shown.stdout
    assert "2 figures" in shown.stdout
    page = (uninterrupted / "report" / "report.html").read_text(encoding="utf-8")
    assert "SMOKE" in page


@pytest.mark.slow
def test_the_report_and_the_readmes_verdicts_are_of_the_results_that_come_with_the_code_without_torch(
    tmp_path: Path,
) -> None:
    shown = without_torch("report", "--from", "reference", out=tmp_path)
    assert shown.returncode == 0, shown.stderr
    n_figures = len(FIGURES + EXTENDED) + (REFERENCE / "bench.parquet").exists()
    assert f"{n_figures} figures" in shown.stdout
    assert not (tmp_path / "store").exists()
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert all(f'id="claim-{claim.name}"' in page for claim in CLAIMS + LEFT_OUT)
    assert "SMOKE" not in page
    told = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    assert len(tables(told)) == 2
    assert renewed(readme, told) == readme, "python -m hw1.tests.readme writes it anew"
    assert [*differences(layout(REFERENCE).folder, told)] == [], "numbers as other code computes them"
    first = re.search(r"^- \*\*.*", told, flags=re.MULTILINE)
    assert first
    wrong = re.sub(r"\d(?= of )", lambda digit: str((int(digit[0]) + 1) % 10), first[0])
    assert len([*differences(layout(REFERENCE).folder, told.replace(first[0], wrong))]) == 1


def test_a_terminated_submission_keeps_all_and_continues_to_the_same_bits(uninterrupted: Path, tmp_path: Path) -> None:
    _stopped_and_continued(tmp_path, lambda pid: os.kill(pid, signal.SIGTERM), *TWO)
    assert stored(tmp_path) == stored(uninterrupted)


@pytest.mark.parametrize("send", [os.killpg, os.kill])
def test_an_interrupted_submission_keeps_all_and_continues_to_the_same_bits(
    send: Callable[[int, int], None], walked: Path, tmp_path: Path
) -> None:
    """From a terminal its workers are interrupted too."""
    _stopped_and_continued(tmp_path, lambda pid: send(pid, signal.SIGINT), *WALK, project=WALKS)
    assert stored(tmp_path) == stored(walked)


def _stopped_and_continued(out: Path, stop: Callable[[int], None], *sweep: str, project: tuple[str, ...] = ()) -> None:
    running = started(*project, "submit", "--local", *sweep, out=out)
    worker = until_training(out)
    stop(running.pid)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "the same command continues" in said
    assert not Path(f"/proc/{worker}").exists()
    done = submit(*sweep, out=out, project=project)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_worker_killed_with_9_is_named_and_the_next_submission_continues_to_the_same_bits(
    walked: Path, tmp_path: Path
) -> None:
    running = started(*WALKS, "submit", "--local", *WALK, out=tmp_path)
    os.kill(until_training(tmp_path), signal.SIGKILL)
    said, _ = running.communicate(timeout=120)
    assert running.returncode == 1, said
    assert "killed" in said
    done = submit(*WALK, out=tmp_path, project=WALKS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert stored(tmp_path) == stored(walked)


def test_of_two_submissions_into_one_folder_the_second_is_refused(tmp_path: Path) -> None:
    first = started(*WALKS, "submit", "--local", *WALK, out=tmp_path)
    until_training(tmp_path)
    second = submit(*WALK, out=tmp_path, project=WALKS)
    assert second.returncode == 2
    assert f"process {first.pid} " in second.stderr
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)


def test_a_damaged_part_is_kept_aside_and_named_and_its_runs_are_trained_again(tmp_path: Path) -> None:
    study = ("--study", "leap", "--set", "seed=0")
    assert submit(*study, out=tmp_path, project=WALKS).returncode == 0
    before = stored(tmp_path)
    (part,) = (tmp_path / "store" / "parts" / "leap.runs").iterdir()
    part.write_bytes(part.read_bytes()[:-7])
    again = submit(*study, out=tmp_path, project=WALKS)
    assert again.returncode == 0
    assert part.name in again.stdout
    assert "damaged" in again.stdout
    assert "trained 1 run in " in again.stdout
    assert list((tmp_path / "store" / "damaged").rglob("*.parquet"))
    assert stored(tmp_path) == before
