"""Files and packages of a user's own that have a name of ours: one sentence, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.errors import ProjectError
from jobs.imports import found, load
from jobs.origin import Origin
from jobs.rooms import ROOMS, hiding

STUDY = """
from jobs import study
{more}

@study(runs=[dict(a=1)])
def one(run, *, a: int):
    return dict(b=a)
"""


def python(code: str, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Python where the folder comes before everything that is installed."""
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments],
        env=os.environ | {"PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def command(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return python("from hw1.__main__ import main; main()", folder, *arguments)


def test_nothing_hides_a_package_of_ours_here() -> None:
    assert hiding() == ""


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("file", ["{}.py", "{}/__init__.py"])
def test_what_hides_a_package_of_ours_is_told_in_one_line(tmp_path: Path, room: str, file: str) -> None:
    path = tmp_path / file.format(room)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    done = command(tmp_path, "list")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hw1: {tmp_path / room}")
    assert done.stderr.endswith(
        f" has the name of a package of hw1, `{room}`: rename it, or take its folder off PYTHONPATH\n"
    )


def test_the_command_as_a_module_beside_a_users_jobs_py_says_what_hides_ours(tmp_path: Path) -> None:
    (tmp_path / "jobs.py").write_text("mine = 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "hw1", "list"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hw1: {tmp_path / 'jobs.py'} has the name of a package of hw1, `jobs`: rename it")
    assert len(done.stderr.splitlines()) == 1


def test_folders_of_data_and_files_beside_a_study_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "analysis.py").touch()
    (tmp_path / "mine.py").write_text(STUDY.format(more=""))
    code = "from hw1.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "-p", "mine.py", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 run: 1 pending" in done.stdout, done.stderr


def test_the_door_says_what_hides_a_package_of_ours(tmp_path: Path) -> None:
    (tmp_path / "results.py").touch()
    done = python("from jobs import study, load", tmp_path)
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: {tmp_path / 'results.py'} has the name of a package")


@pytest.mark.parametrize(
    "more",
    ["from jobs import helper", "import jobs.helper", "import jobs\njobs.helper", "import analysis"],
)
def test_a_study_that_wants_a_file_beside_it_and_gets_ours_is_told_which(tmp_path: Path, more: str) -> None:
    room = "analysis" if "analysis" in more else "jobs"
    (tmp_path / f"{room}.py").write_text("helper = 1\n")
    path = tmp_path / "wants_its_own.py"
    path.write_text(STUDY.format(more=more))
    said = f"`{room}` is a package of hw1, which is imported instead of {tmp_path / room}.py: rename that$"
    with pytest.raises(ProjectError, match=said):
        load(Origin(kind="file", where=str(path)))


@pytest.mark.parametrize("name", ["results.py", "analysis.py", "hw1.py", "jobs/"])
def test_a_project_with_a_name_of_ours_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir() if name.endswith("/") else path.write_text(STUDY.format(more=""))
    with pytest.raises(ProjectError, match=rf"has the name of a package of hw1, `{path.stem}`: rename it"):
        found(f"{tmp_path}/{name}")


def test_a_name_of_ours_alone_is_no_project() -> None:
    with pytest.raises(ProjectError, match="`jobs` is a package of hw1, not a project"):
        found("jobs")


def test_a_file_with_a_name_of_pythons_hides_nothing_of_pythons(tmp_path: Path) -> None:
    path = tmp_path / "statistics.py"
    path.write_text(STUDY.format(more=""))
    assert load(Origin(kind="file", where=str(path))).studies[0].name == "one"
    import statistics  # noqa: PLC0415 - after that

    assert statistics.__file__ != str(path)
