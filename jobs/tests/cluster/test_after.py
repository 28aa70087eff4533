"""Studies that come after others on a cluster, and the last job, which draws the page."""

import re
from pathlib import Path

import pytest

from jobs.tests.cluster.user import User
from jobs.tests.projects import stages
from jobs.tests.stored import stored

ONE = ("--seeds", "1")


@pytest.fixture
def climber(user: User) -> User:
    """A user of two studies in plain Python, of which one loads what the other has found."""
    user.project = Path(stages.__file__)
    return user


def until_waiting(user: User, n: int) -> None:
    """Wait until so many of the user's jobs of this folder wait for others: Slurm says so at its next look at them."""
    ids = [path.name for path in (user.out / "submissions").glob("*")]

    def are_waiting(words: list[str]) -> bool:
        return sum(word.endswith(":Dependency") and any(i in word for i in ids) for word in words) == n

    user.until_job(are_waiting, "squeue", "--user=hw1user", "--noheader", "--states=PENDING", "--format=%j:%r")


@pytest.mark.alone
def test_what_needs_others_waits_for_them_through_a_preemption_and_has_the_same_bits(climber: User) -> None:
    other = User(climber.cluster, climber.out.with_suffix(".local"), project=climber.project)
    done = other.hw1("submit", "--local", *ONE)
    assert done.returncode == 0, done.stdout + done.stderr
    profile = climber.profile(partition="preempt")
    said = climber.submit("--workers", "1", *ONE, "--study", "climb", profile=profile)
    assert "4 runs in 2 tasks handed to Slurm" in said
    beat = climber.until_training()
    assert beat["study"] == "walk"
    until_waiting(climber, 1)
    climber.occupy(seconds=5, partition="owner")
    climber.until(lambda states: states["done"] == 4, *ONE)
    assert "ended: preempted, requeued" in climber.words()
    assert stored(climber.out) == stored(other.out)


def test_a_later_submission_waits_for_what_it_needs_and_the_last_job_draws_the_page_after_both(climber: User) -> None:
    profile = climber.profile(sbatch={"begin": "now+8"})
    climber.submit("--workers", "1", *ONE, "--study", "walk", "--report", profile=profile)
    said = climber.submit("--workers", "1", *ONE, "--report")
    assert "the last job collects them and draws the page: `hw1 logs report` shows its log" in said
    until_waiting(climber, 2)  # the climbs and one page, not two
    climber.until(lambda states: states["done"] == 4, *ONE)
    assert "waiting for run" not in climber.logs()
    climber.until_says("report.html and report.md", "logs", "report")
    page = (climber.out / "report" / "report.html").read_text()
    assert "climb" in page
    assert [path.name for path in (climber.out / "store" / "parts" / "runs").glob("*")] == []


def test_the_last_job_is_cancelled_with_the_others(climber: User) -> None:
    climber.submit("--workers", "1", "--report", profile=climber.profile(sbatch={"begin": "now+600"}))
    until_waiting(climber, 2)
    done = climber.hw1("cancel", "--all", "--yes")
    assert re.match(r"3 job\(s\) with 9 run\(s\) end", done.stdout), done.stdout + done.stderr
    climber.until(lambda states: states["pending"] + states["lost"] == 8)
    until_waiting(climber, 0)
