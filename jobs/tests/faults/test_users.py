"""Two users, one group folder: nothing of one runs as the other, or is written by the command of the other."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from jobs.tests import projects
from jobs.tests.faults import people
from jobs.tests.faults.people import Person
from slurm.tests.users import MALLORY, NEEDS_ROOT, as_mallory

pytestmark = NEEDS_ROOT

SWEEP = ("--study", "empty")
THESIS = b"years of work\n"

WALKS = Path(projects.__file__).with_name("walks.py")
PLAIN = "-p {walks} submit --local --shared --study leap --set seed=0"
"""A study in plain Python, whose worker starts in a second."""

SUBMIT = """
import sys
from pathlib import Path
from jobs.submission.cluster import _packages, planned
from jobs.status import status
from jobs.submission.travel import brought
from hw1.project import PROJECT, REFERENCE
from hw1.tests.sweeps import sweep
from slurm import ledger, private, snapshot
from slurm.profiles import load
out, profile = Path(sys.argv[1]), load("generic")
private.prepare(out, shared=False)
runs = sweep(studies=["empty"], preset="report", n_seeds=1, smoke=False, dataset="mnist").runs()
code = snapshot.take([*_packages(), *brought(PROJECT.origin)], into=out / "code", without=[REFERENCE])
_, tasks = planned(runs, PROJECT, out=out, profile=profile, n_workers=1, device="cpu", now=status(out))
print(code, ledger.record([tasks], folder=out, prefix="hw1", profile=profile, code=code, max_array_size=9).folder)
"""
"""All that a submission does before it calls sbatch."""


@dataclass(frozen=True)
class Place:
    """What Alice has, where Mallory can get at some of it."""

    root: Path
    alice: Person

    @property
    def out(self) -> Path:
        """Her output folder."""
        return self.root / "out"

    @property
    def thesis(self) -> Path:
        """A file of hers that all may read and she alone may write."""
        return self.alice.home / "thesis.tex"

    @property
    def trace(self) -> Path:
        """Whoever runs Mallory's code leaves a file here."""
        return self.root / "trace"

    def is_unharmed(self) -> bool:
        """True if her file is as it was, and she has run nothing of Mallory's."""
        return self.thesis.read_bytes() == THESIS and not [*self.trace.iterdir()]

    def run_element(self, code: str, submission: str) -> CompletedProcess[str]:
        """What Slurm would do with her submission."""
        job = {"SLURM_ARRAY_JOB_ID": "1", "SLURM_ARRAY_TASK_ID": "0"}
        command = (sys.executable, "-P", f"{submission}/entry.py", code, "run", submission, 0)
        return self.alice.run(*command, environment=job)


@pytest.fixture
def place() -> Iterator[Place]:
    """A folder that all may look into."""
    with tempfile.TemporaryDirectory(prefix="users-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        root.chmod(0o755)
        alice = people.alice(root / "alice")
        if alice is None:
            pytest.skip("needs a user who can run this Python: `sudo make cluster-up`")
        made = Place(root, alice)
        made.trace.mkdir()
        made.trace.chmod(0o1777)
        made.thesis.write_bytes(THESIS)
        os.chown(made.thesis, alice.uid, alice.uid)
        yield made


def _ended_well(done: CompletedProcess[str]) -> None:
    assert done.returncode in {0, 1, 2}, done
    assert "Traceback" not in done.stdout + done.stderr, done


@pytest.mark.parametrize(
    ("link", "command"),
    [
        ("lock", "clean"),
        ("lock", PLAIN),
        ("store/lock", "collect --study empty"),
        ("store/schema.json", PLAIN),
        ("heartbeats", PLAIN),
        ("logs", PLAIN),
    ],
)
def test_a_link_in_a_folder_that_a_group_may_write_leads_no_command_astray(
    place: Place, link: str, command: str
) -> None:
    place.alice.folder(place.out)
    assert as_mallory(f"mkdir -p $(dirname {link}); ln -s {place.thesis} {link}", place.out) == 0
    _ended_well(place.alice.hw1(*command.format(walks=WALKS).split(), "--out", place.out))
    assert place.is_unharmed()


@pytest.mark.parametrize(
    "name", ["elements/00000.pkl", "entry.py", "ledger.json", "../../code/*/jobs/worker/workload.py"]
)
@pytest.mark.slow
def test_what_a_job_runs_cannot_be_replaced_by_others_in_the_group(place: Place, name: str) -> None:
    place.alice.folder(place.out).chmod(0o755)
    made = place.alice.python(SUBMIT, place.out)
    assert made.returncode == 0, made.stderr
    code, submission = made.stdout.split()
    evil = f"touch {place.trace}/ran"
    pickle, lines = f"cos\nsystem\n(S'{evil}'\ntR.", f"import os; os.system({evil!r})"
    (place.root / "evil").write_text(pickle if name.endswith("pkl") else lines)
    for harm in ("cp {evil} {name}", "rm {name}; cp {evil} {name}", "mv {folder} x; mkdir -p {folder}"):
        as_mallory(harm.format(evil=place.root / "evil", name=name, folder=submission), Path(submission))
    assert place.run_element(code, submission).returncode == 0
    assert place.is_unharmed()


def test_code_that_others_have_planted_is_not_taken_for_the_snapshot(place: Place) -> None:
    made = place.alice.python(SUBMIT, place.alice.home)
    assert made.returncode == 0, made.stderr
    name = Path(made.stdout.split()[0]).name
    place.alice.folder(place.out)
    evil = f"import os; os.system('touch {place.trace}/ran')"
    assert as_mallory(f'mkdir -p -m 777 code/{name}; echo "{evil}" > code/{name}/sitecustomize.py', place.out) == 0
    refused = place.alice.python(SUBMIT, place.out)
    assert "UnsafeFolderError" in refused.stderr
    place.out.chmod(0o755)
    again = place.alice.python(SUBMIT, place.out)
    if again.returncode == 0:
        place.run_element(*again.stdout.split())
    assert place.is_unharmed()


def test_commands_in_the_folder_of_somebody_else_write_nothing_there(place: Place) -> None:
    """A finished store of Mallory's, which Alice may read."""
    place.alice.folder(place.out).chmod(0o755)
    _ended_well(place.alice.hw1("submit", "--local", *SWEEP, "--out", place.out))
    shutil.rmtree(place.out / "local")
    for path in [place.out, *place.out.rglob("*")]:
        os.chown(path, MALLORY, MALLORY)
    before = people.files(place.out)
    for command in ("list", "status", "plan", "collect", "retry", "clean", "report", "submit --local"):
        done = place.alice.hw1(*command.split(), *(() if command == "clean" else SWEEP), "--out", place.out)
        _ended_well(done)
        assert done.returncode == 0 or command not in {"list", "status", "plan"}, done
    assert people.files(place.out) == before
    assert not [path for path in place.out.rglob("*") if path.lstat().st_uid == place.alice.uid]
