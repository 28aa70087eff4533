"""A job's entry on its node: nothing is imported but from a snapshot that is whole."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import results
import slurm
from slurm import ledger, private, snapshot
from slurm.entry import ALTERED, digest
from slurm.ledger import Submission
from slurm.node import REFUSED
from slurm.profiles import load
from slurm.tasks import Task
from slurm.tests.test_node import ENVIRONMENT
from slurm.tests.users import MALLORY, NEEDS_ROOT, PROJECT


@pytest.fixture
def made(tmp_path: Path) -> Submission:
    """A submission of one call, with a snapshot of what the node needs."""
    out = tmp_path / "out"
    out.mkdir(mode=0o755)
    private.prepare(out, shared=False)
    code = snapshot.take([Path(str(each.__file__)).parent for each in (slurm, results)], into=out / "code")
    task = Task(name="t", call=partial(os.mkdir, tmp_path / "called"), minutes=1)
    return ledger.record([[task]], folder=out, prefix="x", profile=load("generic"), code=code, max_array_size=1)


def run(made: Submission) -> subprocess.CompletedProcess[str]:
    """Start the element as its script does, in a folder with a package and a module that nobody asked for."""
    here = made.folder / "here"
    (here / "slurm").mkdir(parents=True, exist_ok=True)
    (here / "json.py").write_text("raise RuntimeError('the wrong one')")
    command = [sys.executable, "-P", str(made.folder / "entry.py"), str(made.code), "run", str(made.folder), "0"]
    known = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    environment = known | ENVIRONMENT
    return subprocess.run(command, check=False, env=environment, cwd=here, capture_output=True, text=True)


def called(made: Submission) -> bool:
    """True if the call was made."""
    return (made.out.parent / "called").exists()


def test_a_whole_snapshot_is_run_wherever_the_job_starts_and_stays_as_it_was(made: Submission) -> None:
    files = sorted(made.code.rglob("*"))
    assert run(made).returncode == 0
    assert called(made)
    assert sorted(made.code.rglob("*")) == files


@pytest.mark.parametrize("lost", ["slurm/node.py", "slurm/__init__.py", "results/disk.py"])
def test_a_lost_file_ends_the_job_in_words_and_nothing_is_imported_in_its_place(made: Submission, lost: str) -> None:
    (made.code / lost).unlink()
    done = run(made)
    assert (done.returncode, done.stderr) == (
        ALTERED,
        f"hw1: the code snapshot {made.code} has lost a file, or has altered or added ones: submit again\n",
    )
    assert not called(made)


def test_a_snapshot_that_is_gone_ends_the_job_in_words(made: Submission) -> None:
    made.code.rename(made.code.with_name("elsewhere"))
    done = run(made)
    assert done.returncode == ALTERED
    assert done.stderr.count("\n") == 1
    assert not called(made)


def test_planted_code_is_not_run(made: Submission) -> None:
    (made.code / "sitecustomize.py").write_text(f"import os; os.mkdir({str(made.out / 'planted')!r})")
    assert run(made).returncode == ALTERED
    assert not (made.out / "planted").exists()


def test_a_package_that_the_snapshot_has_no_code_of_is_not_taken_from_elsewhere(made: Submission) -> None:
    (made.code / "results" / "__init__.py").unlink()
    files = {path.relative_to(made.code).as_posix(): path for path in made.code.rglob("*") if path.is_file()}
    made.code.rename(renamed := made.code.with_name(digest(files)))
    made.code = renamed
    done = run(made)
    assert done.returncode == ALTERED
    assert "`results` must be imported from the code snapshot" in done.stderr


@pytest.mark.parametrize("place", [".", "submissions", "code"])
def test_a_folder_that_others_have_come_to_be_able_to_write_ends_the_job(made: Submission, place: str) -> None:
    (made.out / place).chmod(0o777)
    done = run(made)
    assert done.returncode == REFUSED
    assert "is not its owner's alone" in done.stderr
    assert not called(made)


@NEEDS_ROOT
def test_a_pickle_that_is_a_link_or_anothers_is_not_loaded(made: Submission) -> None:
    pickled = made.folder / "elements" / "00000.pkl"
    pickled.rename(made.folder / "aside")
    pickled.symlink_to(made.folder / "aside")
    assert run(made).returncode == REFUSED
    pickled.unlink()
    (made.folder / "aside").rename(pickled)
    os.chown(pickled, MALLORY, PROJECT)
    assert run(made).returncode == REFUSED
    assert not called(made)
