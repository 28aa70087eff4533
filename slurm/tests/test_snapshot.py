"""Snapshots of the code."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from slurm import snapshot
from slurm.entry import AlteredError, check
from slurm.tests.users import MALLORY, NEEDS_ROOT, PROJECT


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with data, tests and bytecode."""
    place = tmp_path / "here" / "room"
    for name, text in {
        "__init__.py": "",
        "code.py": "from importlib import resources\nDATA = (resources.files('room') / 'data' / 'x').read_text()\n",
        "data/x": "as it was",
        "tests/test_code.py": "",
        "__pycache__/code.pyc": "",
    }.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place


def test_a_snapshot_runs_as_it_was_taken_whatever_is_edited_later(package: Path, tmp_path: Path) -> None:
    taken = snapshot.take([package], into=tmp_path / "code")
    (package / "data" / "x").write_text("edited")
    command = [sys.executable, "-P", "-c", "import room.code; print(room.code.DATA)"]
    said = subprocess.run(
        command, env={"PYTHONPATH": str(taken)}, cwd=package.parent, capture_output=True, text=True, check=True
    )
    assert said.stdout == "as it was\n"
    assert not list(taken.rglob("test*"))


def test_the_same_code_is_taken_once_and_other_code_beside_it(package: Path, tmp_path: Path) -> None:
    first = snapshot.take([package], into=tmp_path / "code")
    (package / "tests" / "test_code.py").write_text("edited")
    assert snapshot.take([package], into=tmp_path / "code") == first
    (package / "code.py").write_text("edited")
    second = snapshot.take([package], into=tmp_path / "code")
    assert sorted((tmp_path / "code").iterdir()) == sorted([first, second])


def test_folders_that_no_job_needs_are_left_out(package: Path, tmp_path: Path) -> None:
    (package / "large" / "deep").mkdir(parents=True)
    (package / "large" / "deep" / "data").write_text("of no use to a job")
    (package / "other").mkdir()
    (package / "other" / "large").write_text("a file of that name elsewhere")
    taken = snapshot.take([package], into=tmp_path / "code", without=[package / "large"])
    assert not (taken / package.name / "large").exists()
    assert (taken / package.name / "other" / "large").exists()


def test_what_is_no_file_and_names_with_a_dot_in_front_are_left_out(package: Path, tmp_path: Path) -> None:
    before = snapshot.take([package], into=tmp_path / "code")
    (package / ".#code.py").symlink_to("somebody@elsewhere.1234:5")  # a lock of Emacs
    (package / "gone").symlink_to(tmp_path / "nowhere")
    (package / "loop").symlink_to("loop")
    os.mkfifo(package / "fifo")
    (package / ".git").mkdir()
    for name in (".git/config", "._code.py", ".code.py.swp"):
        (package / name).write_text("nobody's")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(package / "socket"))
        assert snapshot.take([package], into=tmp_path / "code") == before


def lose(taken: Path) -> None:
    (taken / "room" / "data" / "x").unlink()


def alter(taken: Path) -> None:
    (taken / "room" / "code.py").write_text("DATA = 'another'")


def plant(taken: Path) -> None:
    (taken / "sitecustomize.py").touch()


def link(taken: Path) -> None:
    (taken / "room" / "more").symlink_to(taken)


@pytest.mark.parametrize("harm", [lose, alter, plant, link])
def test_a_snapshot_that_was_harmed_is_made_again(package: Path, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    taken = snapshot.take([package], into=tmp_path / "code")
    files = sorted(taken.rglob("*"))
    harm(taken)
    with pytest.raises(AlteredError, match=f"{taken}.*submit again"):
        check(taken)
    assert snapshot.take([package], into=tmp_path / "code") == taken
    check(taken)
    assert sorted(taken.rglob("*")) == files
    assert list((tmp_path / "code").iterdir()) == [taken]


def test_nobody_else_may_read_or_write_a_snapshot_whatever_the_umask(package: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        taken = snapshot.take([package], into=tmp_path / "code")
    finally:
        os.umask(before)
    assert not [path for path in (tmp_path / "code", taken, *taken.rglob("*")) if path.stat().st_mode & 0o077]


@NEEDS_ROOT
def test_a_snapshot_that_another_user_has_made_is_left_alone(package: Path, tmp_path: Path) -> None:
    theirs = snapshot.take([package], into=tmp_path / "code")
    os.chown(theirs, MALLORY, PROJECT)
    ours = snapshot.take([package], into=tmp_path / "code")
    assert ours != theirs
    check(ours)


def test_nothing_is_left_of_a_snapshot_that_could_not_be_taken(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(snapshot.SnapshotError, match=r"cannot be copied to .*nowhere"):
        snapshot.take([package], into=Path("/dev/null/nowhere"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(snapshot.SnapshotError, match="No space left on device"):
        snapshot.take([package], into=tmp_path / "code")
    assert list((tmp_path / "code").iterdir()) == []
