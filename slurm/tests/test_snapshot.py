"""Snapshots of the code."""

import subprocess
import sys
from pathlib import Path

import pytest

from slurm import snapshot


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


def test_nothing_is_left_of_a_snapshot_that_could_not_be_taken(package: Path, tmp_path: Path) -> None:
    (package / "gone").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match=r"nowhere|gone"):
        snapshot.take([package], into=tmp_path / "code")
    assert not (tmp_path / "code").exists()
