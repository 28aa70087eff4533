"""An installation without torch: what it does, and what it says where runs need torch."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hw1.tests import made
from jobs.errors import DataError
from jobs.imports import ProjectError, load
from jobs.origin import Origin
from jobs.tests.projects import walks
from jobs.worker.device import check_torch

HIDES = """
import sys

class Hides:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hides())
"""
NEED = "hw1: runs of function_fit need torch, which is not installed: `pip install 'hw1[train]'` installs it\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder from which Python, in every process, starts without torch."""
    (tmp_path / "sitecustomize.py").write_text(HIDES)
    return tmp_path


def hw1(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", "from jobs.cli.app import main; main()", *arguments],
        env=os.environ | {"PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_reports_runs_are_listed_planned_and_shown(folder: Path) -> None:
    for command, said in (("list", "130 pending"), ("plan", "130 of 130 runs pending"), ("status", "130")):
        done = hw1(folder, command)
        assert (done.returncode, done.stderr) == (0, "")
        assert said in done.stdout


@pytest.mark.parametrize(
    "command",
    [("submit", "--local", "--study", "simulate"), ("run", "8f82207e17c3975b"), ("bench", "--work", "minimal_ratio")],
)
def test_runs_that_need_torch_are_refused_in_one_line_before_anything_starts(
    folder: Path, command: tuple[str, ...]
) -> None:
    done = hw1(folder, *command)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", NEED)
    assert not any((folder / "out").glob("**/*.log"))


def test_a_command_that_needs_torch_is_refused_in_one_line(folder: Path) -> None:
    done = hw1(folder, "data")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "hw1: torch is not installed: `pip install 'hw1[train]'` installs it\n"


def test_a_study_in_plain_python_is_trained_tabled_and_reported(folder: Path) -> None:
    project = ("-p", walks.__file__)
    chosen = ("--study", "walk", "--set", "scale=0.5,1.0", "--seeds", "2")
    done = hw1(folder, *project, "submit", "--local", *chosen)
    assert "all 4 runs are done" in done.stdout, done.stderr
    assert "0.5" in hw1(folder, *project, "table", *chosen).stdout
    done = hw1(folder, *project, "report", *chosen)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "out" / "report" / "report.html").is_file()


def test_a_file_that_imports_torch_is_told_what_to_install(folder: Path) -> None:
    (folder / "nets.py").write_text('"""Nets."""\n\nimport torch\n')
    done = hw1(folder, "-p", "nets.py", "list")
    assert (done.returncode, done.stdout) == (2, "")
    how = r"; `pip install 'hw1\[train\]'` installs it\n"
    assert re.search(
        rf"nets\.py cannot be imported: ModuleNotFoundError: No module named 'torch' \(.*\){how}$", done.stderr
    )


def test_a_worker_without_torch_refuses_its_task_and_no_run_fails_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # type: ignore[arg-type]  # as the import system has it
    with pytest.raises(DataError, match=r"need torch, which is not installed: `pip install 'hw1\[train\]'`"):
        check_torch([made.fit()])
    check_torch(walks.walk.study.specs("all", None))  # type: ignore[attr-defined]  # the decorator gave it


def test_another_library_that_is_missing_is_told_by_its_name_alone(tmp_path: Path) -> None:
    path = tmp_path / "no_such_library.py"
    path.write_text("import nowhere_to_be_found\n")
    with pytest.raises(ProjectError, match=r"No module named 'nowhere_to_be_found' \(no_such_library\.py, line 1\)$"):
        load(Origin(kind="file", where=str(path)))
