"""The commit that a run records is that of the repository which holds the project."""

import subprocess
from pathlib import Path

import hw1.project
from jobs.imports import found
from jobs.tests.commands import hw1 as command
from jobs.worker import provenance
from results.tests.stores import Store

STUDY = """
from jobs import Run, grid, study

@study(runs=grid(seed=range(2)), minutes=0.001)
def fit(run: Run, *, seed: int) -> dict[str, float]:
    return {"loss": 1.0 * seed}
"""


def git(*arguments: str, folder: Path) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_users_run_records_the_commit_of_the_users_repository(tmp_path: Path) -> None:
    (file := tmp_path / "fits.py").write_text(STUDY)
    git("init", "-q", folder=tmp_path)
    git("add", "fits.py", folder=tmp_path)
    git("commit", "-qm", "a study", folder=tmp_path)
    file.write_text(f"{STUDY}\n# edited")
    done = command("-p", str(file), "submit", "--local", "--workers", "1", out=tmp_path / "out")
    assert done.returncode == 0, done.stderr
    rows = Store(tmp_path / "out").read("runs").to_pylist()
    commit = git("rev-parse", "HEAD", folder=tmp_path)
    assert {(row["git_commit"], row["git_dirty"]) for row in rows} == {(commit, True)}


def test_a_project_in_no_repository_has_no_commit_and_the_reports_is_that_of_its_checkout(tmp_path: Path) -> None:
    (tmp_path / "fits.py").write_text(STUDY)
    assert provenance.code(found(str(tmp_path / "fits.py")).home) == provenance.Code(commit="", dirty=None)
    here = Path(__file__).parent
    assert hw1.project.PROJECT.origin.home == here.parents[1] / "hw1"
    assert provenance.code(hw1.project.PROJECT.origin.home) == provenance.code(here)
