"""Studies that come after others on a cluster, and the last job, which draws the page."""

import re
from pathlib import Path

import pytest

from jobs.tests.cluster.user import User
from jobs.tests.projects import stages
from jobs.tests.stored import stored


@pytest.fixture
def climber(user: User) -> User:
    """A user of two studies in plain Python, of which one loads what the other has found."""
    user.project = Path(stages.__file__)
    return user


def last_jobs(user: User) -> list[str]:
    """Names and reasons of the user's jobs of this folder that wait for others."""
    ids = {path.name for path in (user.out / "submissions").glob("*")}
    lines = user.cluster.slurm("squeue", "--user=hw1user", "--noheader", "--states=PENDING", "--format=%j %r")
    return [line for line in lines.splitlines() if "Dependency" in line and any(i in line for i in ids)]


@pytest.mark.alone
def test_what_needs_others_waits_for_them_through_a_preemption_and_has_the_same_bits(climber: User) -> None:
    other = User(climber.cluster, climber.out.with_suffix(".local"), project=climber.project)
    done = other.hw1("submit", "--local")
    assert done.returncode == 0, done.stdout + done.stderr
    profile = climber.profile(partition="preempt")
    said = climber.submit("--workers", "1", "--study", "climb", profile=profile)
    assert "8 runs in 2 tasks handed to Slurm" in said
    beat = climber.until_training()
    assert beat["study"] == "walk"
    assert len(last_jobs(climber)) == 1
    climber.occupy(seconds=5, partition="owner")
    climber.until(lambda states: states["done"] == 8)
    assert "ended: preempted, requeued" in climber.words()
    assert stored(climber.out) == stored(other.out)


def test_a_later_submission_waits_for_the_jobs_of_an_earlier_one_that_it_needs(climber: User) -> None:
    profile = climber.profile(sbatch={"begin": "now+5"})
    climber.submit("--workers", "1", "--study", "walk", profile=profile)
    said = climber.submit("--workers", "1", "--study", "climb")
    assert "4 runs in 1 tasks handed to Slurm" in said
    assert len(last_jobs(climber)) == 1
    climber.until(lambda states: states["done"] == 8)
    assert "waiting for run" not in climber.logs()


def test_the_last_job_collects_and_draws_the_page_whatever_became_of_the_runs(climber: User) -> None:
    profile = climber.profile(sbatch={"begin": "now+8"})
    climber.submit("--workers", "1", "--study", "walk", "--report", profile=profile)
    said = climber.submit("--workers", "1", "--report")
    assert "the last job collects them and draws the page: `hw1 logs report` shows its log" in said
    assert len([job for job in last_jobs(climber) if "-0 " in job]) == 2, "the climbs and one page, not two"
    climber.until(lambda states: states["done"] == 8)
    climber.until_says("report.html and report.md", "logs", "report")
    page = (climber.out / "report" / "report.html").read_text()
    assert "climb" in page
    assert [path.name for path in (climber.out / "store" / "parts" / "runs").glob("*")] == []


def test_the_last_job_is_cancelled_with_the_others(climber: User) -> None:
    climber.submit("--workers", "1", "--report", profile=climber.profile(sbatch={"begin": "now+600"}))
    assert len(last_jobs(climber)) == 2
    done = climber.hw1("cancel", "--all", "--yes")
    assert re.match(r"3 job\(s\) with 9 run\(s\) end", done.stdout), done.stdout + done.stderr
    climber.until(lambda states: states["pending"] + states["lost"] == 8)
    assert last_jobs(climber) == []
