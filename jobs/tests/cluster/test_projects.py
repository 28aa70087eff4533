"""Projects of users' own on a cluster: a file, a package, a command, a notebook."""

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.tests.cluster.user import PATIENCE_S, Stored, User
from jobs.tests.stored import stored
from jobs.tests.test_readme import as_file, as_notebook, as_package, as_shell, errors
from results.tests.stores import Store
from slurm.devcluster import Cluster

Form = Callable[[Path], list[str]]
SWEEP = ("--set", "width=8", "--set", "epochs=600", "--seeds", "1")
"""Two runs of the front page's study that take some seconds each, so that a preemption meets them at work."""

STEP = """
import random


def step(scale):
    return random.gauss(0.0, scale)
"""

WALK = '''"""Walks at random."""

import os
import random
import time

from jobs import Run, grid, study
from walking import step


@study(runs=grid(scale=[0.5, 1.0, 2.0], seed=range(2)))
def walk(run: Run, *, scale: float, seed: int) -> dict[str, float]:
    """How far does it come?"""
    random.seed(seed)
    at = {"x": 0.0}
    for number in run.steps(30, keep={"at": at}):
        at["x"] += step(scale)
        run.log(number=number, x=at["x"])
        if "SLURM_JOB_ID" in os.environ:
            time.sleep(PAUSE_S)
    return {"end": at["x"]}
'''
N = 6


def files(folder: Path, *, pause_s: float = 0.0, before: str = "") -> Path:
    """A study's file and the module that it imports, which all may read."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "walking.py").write_text(STEP)
    path = folder / "walks.py"
    path.write_text(WALK.replace("PAUSE_S", str(pause_s)).replace("\n\n@study", f"\n{before}\n\n@study"))
    return path


@pytest.fixture
def walker(user: User) -> User:
    """A user with a file of their own, and a module beside it."""
    user.project = files(user.out.with_suffix(".project"))
    return user


@pytest.fixture(scope="session")
def walked(slurm: Cluster) -> Stored:
    """What the walks give on the machine that submits."""
    place = slurm.shared / secrets.token_hex(4)
    return local(User(slurm, place, project=files(place.with_suffix(".project"))))


def local(user: User, *sweep: str) -> Stored:
    """What the user's project gives on the machine that submits, in another folder."""
    other = User(user.cluster, user.out.with_suffix(".local"), project=user.project)
    done = other.hw1("submit", "--local", *sweep)
    assert done.returncode == 0, done.stdout + done.stderr
    return stored(other.out)


@pytest.mark.every_slurm
def test_edits_of_a_users_file_and_of_what_it_imports_do_not_reach_queued_jobs(walker: User, walked: Stored) -> None:
    walker.submit(profile=walker.profile(sbatch={"begin": "now+6"}))
    assert walker.states() == {"queued": N}
    assert walker.project is not None
    walker.project.with_name("walking.py").write_text(STEP.replace("0.0", "1000.0"))
    text = walker.project.read_text()
    walker.project.write_text(text.replace("random.seed(seed)", 'raise RuntimeError("edited")'))
    walker.until(lambda states: states["done"] == N)
    assert stored(walker.out) == walked


def test_a_worker_of_a_study_without_torch_is_small(walker: User) -> None:
    walker.finish()
    rows = Store(walker.out).read("runs").to_pylist()
    assert [row["torch"] for row in rows] == [None] * N
    assert max(row["memory_gb"] for row in rows) <= 0.15


def test_a_users_function_that_is_requeued_and_cancelled_continues_to_the_same_bits(
    walker: User, walked: Stored
) -> None:
    walker.project = files(walker.out.with_suffix(".project"), pause_s=0.1)
    walker.submit("--workers", "1")
    beat = walker.until_training()
    walker.cluster.slurm("scontrol", "requeue", beat["job_id"])
    assert walker.until(lambda states: states["queued"] + states["running"] == N)
    walker.until_training()
    assert walker.hw1("cancel", "--all", "--yes").returncode == 0
    walker.until(lambda states: not states["queued"] + states["running"])
    assert walker.states()["done"] < N
    walker.finish()
    assert "continuing from" in walker.logs()
    assert stored(walker.out) == walked


def test_a_package_and_a_command_of_a_user_are_trained_on_nodes(user: User) -> None:
    package = user.out.with_suffix(".project") / "strolls"
    files(package, pause_s=0.0)
    for name in ("walks.py", "walking.py"):
        text = (package / name).read_text().replace("from walking", "from strolls.walking")
        (package / name).write_text(text)
    (package / "doubling.py").write_text("factor = 2\n")
    (package / "double.py").write_text("import sys\nfrom doubling import factor\nprint(factor * int(sys.argv[1]))\n")
    command = """echo '{{"twice": '$(python3 {here}/double.py {x})'}}'"""
    (package / "__init__.py").write_text(
        f"from jobs import shell_study\nfrom strolls.walks import walk\n"
        f"doubled = shell_study('doubled', {command!r}, runs=[{{'x': x}} for x in (1, 2)])\n"
    )
    user.project = package
    expected = local(user)
    user.finish()
    assert stored(user.out) == expected
    assert [row["twice"] for row in Store(user.out).read("doubled.runs").to_pylist()] == [2, 4]


class Typist(User):
    """A user whose study has any form, in a folder of its own; the form says what is typed before a command."""

    def __init__(self, cluster: Cluster, folder: Path, form: Form) -> None:
        """The study is written; results come beside it."""
        folder.mkdir()
        super().__init__(cluster, folder.with_suffix(".out"), code=folder)
        self.typed = form(folder)

    def command(self, *arguments: str) -> list[str]:
        """See `User`."""
        return [*self.typed, *arguments, "--out", str(self.out)]


@pytest.mark.alone
def test_the_study_of_the_front_page_in_four_forms_is_preempted_and_continues_to_the_same_bits(user: User) -> None:
    """All four at the same time: they wait for an owner's job, start as it ends, and make way for the next."""
    forms = (as_file, as_package, as_notebook, as_shell)
    typists = [Typist(user.cluster, user.out.with_name(f"{user.out.name}-{form.__name__}"), form) for form in forms]
    whole = Typist(user.cluster, user.out.with_name(f"{user.out.name}-whole"), as_file)
    done = whole.hw1("submit", "--local", *SWEEP)
    assert done.returncode == 0, done.stdout + done.stderr
    before, profile = user.occupy(seconds=600, partition="owner"), user.profile(partition="preempt")
    waiting = [each.start("submit", "--profile", profile, "--workers", "1", "--wait", *SWEEP) for each in typists]
    queued = ("squeue", "--noheader", "--array", "--user=hw1user", "--states=PENDING", "--format=%i")
    user.until_job(lambda ids: len(ids) == len(forms), *queued)
    user.cluster.slurm("scancel", before)
    for each in typists:
        each.until_training(has="pack_id" if each is typists[-1] else "n_steps")
    user.occupy(seconds=5, partition="owner")
    for each, process in zip(typists, waiting, strict=True):
        said = "".join(process.communicate(timeout=PATIENCE_S))
        assert process.returncode == 0, said
        assert "ended: preempted, requeued" in each.words()
        assert errors(each.out) == errors(whole.out)
    for each in typists[:-1]:  # runs of the command are others, and begin again
        assert "continuing from" in each.logs()
        assert stored(each.out) == stored(whole.out)
    assert re.search(r"^mlp +2 ", typists[0].hw1("status", *SWEEP).stdout, re.MULTILINE)
    assert "final_error" in typists[0].hw1("table", "--by", "lr", "--over", "seed", *SWEEP).stdout
    assert typists[0].hw1("report", *SWEEP).returncode == 0


ONLY_HERE = 'if "SLURM_JOB_ID" in os.environ:\n    raise RuntimeError("no licence here")'


def test_a_file_that_nodes_cannot_import_is_told_in_a_line_and_burns_no_run(walker: User, walked: Stored) -> None:
    assert walker.project is not None
    folder = walker.project.parent
    files(folder, before=ONLY_HERE)
    line = walker.project.read_text().splitlines().index('    raise RuntimeError("no licence here")') + 1
    why = f"walks cannot be imported: RuntimeError: no licence here (walks.py, line {line})"
    done = walker.hw1("submit", "--profile", "devcluster", "--wait")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{why} (the same command goes on with them)" in done.stdout
    assert {(record["state"], why in record["why"]) for record in walker.status()} == {("lost", True)}
    assert "Restarts=0" in walker.cluster.slurm("scontrol", "show", "job", _jobs(walker)[0])
    files(folder)
    walker.finish()
    assert stored(walker.out) == walked


def _jobs(user: User) -> list[str]:
    """Jobs of the user's submissions, as sbatch answered."""
    return [path.read_text().strip() for path in sorted((user.out / "submissions").glob("*/*.job"))]
