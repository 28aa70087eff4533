"""The folders that code is run from, and another user who would like to put code there."""

import os
import stat
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from results.errors import UnsafeFolderError
from results.workspace import Workspace
from slurm import ledger, private, snapshot
from slurm.ledger import Submission
from slurm.local import run_local
from slurm.profiles import load
from slurm.tasks import Task
from slurm.tests.users import NEEDS_ROOT, PROJECT, as_mallory


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user of the machine may look into."""
    before = os.umask(0)  # a careless user
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
    os.umask(before)


def grouped(place: Path) -> Path:
    """The output folder of a group: its members may write there."""
    out = place / "out"
    out.mkdir()
    os.chown(out, os.geteuid(), PROJECT)
    out.chmod(0o2775)
    return out


def submitted(out: Path) -> Submission:
    """A submission with a snapshot of a package, and a log."""
    (out.parent / "room").mkdir(exist_ok=True)
    (out.parent / "room" / "__init__.py").touch()
    code = snapshot.take([out.parent / "room"], into=out / "code")
    task = Task(name="t", call=print, minutes=1)
    made = ledger.record([[task]], folder=out, prefix="x", profile=load("generic"), code=code, max_array_size=1)
    made.log(0).write("started", job_id="1_0")
    made.note_job(made.arrays[0], "1")
    made.close(0, "cancelled")
    made.cancel({"a"})
    made.finish()
    return made


def test_what_code_is_run_from_is_its_owners_alone_whatever_the_umask(place: Path) -> None:
    (place / "out").mkdir(mode=0o755)
    private.prepare(place / "out", shared=False)
    submitted(place / "out")
    task = Task(name="t", call=partial(Path.touch, place / "done"), minutes=1)
    assert [outcome.state for outcome in run_local([task], folder=place / "out", n_cpus=1)] == ["done"]
    made = [path for folder in Workspace(place / "out").of_code for path in folder.rglob("*")]
    assert len(made) > 12
    assert [path for path in made if path.is_dir() and path.stat().st_mode & 0o077] == []
    inside = [path for path in made if path.stat().st_mode & 0o077 and "local" not in path.parts]
    assert inside == [], "in `local` submitit writes files as the umask says, into folders that nobody else may enter"


@NEEDS_ROOT
def test_a_folder_that_a_group_may_write_is_refused_unless_all_of_it_are_trusted(place: Path) -> None:
    out = grouped(place)
    with pytest.raises(UnsafeFolderError, match=rf"`chmod go-w {out}`.* or --shared") as refused:
        private.prepare(out, shared=False)
    assert "\n" not in str(refused.value)
    assert list(out.iterdir()) == []
    private.prepare(out, shared=True)
    made = submitted(out)
    assert private.is_shared(out)
    assert as_mallory(f"touch {out}/code/theirs; cat {made.folder}/ledger.json", out) == 0


@NEEDS_ROOT
@pytest.mark.parametrize("name", [folder.name for folder in Workspace(Path()).of_code])
def test_a_folder_that_another_user_was_first_to_make_is_refused(place: Path, name: str) -> None:
    (out := place / "out").mkdir()
    out.chmod(0o1777)  # as /tmp: everyone may make files, nobody may replace those of others
    assert as_mallory(f"mkdir -m 755 {out}/{name}", place) == 0
    with pytest.raises(UnsafeFolderError, match=f"{out}/{name} belongs to user"):
        private.prepare(out, shared=False)


@NEEDS_ROOT
def test_another_user_can_neither_read_nor_write_nor_replace_what_is_run(place: Path) -> None:
    (out := place / "out").mkdir()
    out.chmod(0o1777)
    private.prepare(out, shared=False)
    made = submitted(out)
    for command in (
        f"echo evil > {made.folder}/elements/00000.pkl",
        f"touch {made.code}/sitecustomize.py",
        f"cat {made.folder}/ledger.json",
        f"ls {out}/local",
        f"mv {out}/submissions {out}/mine",
        f"mv {out}/code {out}/mine",
    ):
        assert as_mallory(command, place) != 0, command
    made.check_private(0)


@NEEDS_ROOT
def test_a_pickle_that_a_member_of_the_group_may_replace_is_not_loaded(place: Path) -> None:
    out = grouped(place)
    private.prepare(out, shared=True)
    made = submitted(out)
    assert as_mallory(f"cd {made.folder}/elements; rm 00000.pkl; echo evil > 00000.pkl", place) == 0
    with pytest.raises(UnsafeFolderError, match=r"another user could have put code there"):
        made.check_private(0)


@NEEDS_ROOT
def test_a_group_that_is_the_users_own_is_nobody_else(place: Path) -> None:
    (out := place / "out").mkdir()
    out.chmod(0o775)
    private.prepare(out, shared=False)  # root's group is root
    os.chown(out, 0, PROJECT)
    with pytest.raises(UnsafeFolderError):
        private.prepare(out, shared=False)


def test_a_link_in_the_place_of_a_folder_is_refused(place: Path) -> None:
    (out := place / "out").mkdir(mode=0o755)
    (place / "elsewhere").mkdir(mode=0o755)
    (out / "code").symlink_to(place / "elsewhere")
    with pytest.raises(UnsafeFolderError, match="must be a folder, not a link"):
        private.prepare(out, shared=False)


def test_an_output_folder_itself_may_be_a_link(place: Path) -> None:
    (place / "scratch").mkdir(mode=0o755)
    (place / "out").symlink_to(place / "scratch")
    private.prepare(place / "out", shared=False)
    submitted(place / "out")
    assert stat.S_IMODE((place / "scratch" / "code").stat().st_mode) == 0o700
