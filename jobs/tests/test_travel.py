"""The code of a project that is sent along with a submission."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.errors import ProjectError
from jobs.functions.notebook import pickled
from jobs.imports import load, project_of
from jobs.origin import Origin
from jobs.submission.travel import brought

STUDY = """
import {beside}
from jobs import study

@study(runs=[dict(a=1)])
def one(run, *, a: int):
    return dict(b=a)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that imports a module beside it; another module there is not imported."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("beside_it", "not_imported"):
        (tmp_path / f"{name}.py").touch()
    path = tmp_path / "my_file.py"
    path.write_text(STUDY.format(beside="beside_it"))
    yield path
    for name in ("my_file", "beside_it"):
        sys.modules.pop(name, None)


def test_a_file_brings_the_modules_that_it_has_imported_beside_it(project: Path) -> None:
    assert brought(project_of(str(project)).origin) == [project, project.with_name("beside_it.py")]


def test_a_notebook_brings_the_modules_that_it_has_imported_beside_it(project: Path) -> None:
    loaded = project_of(str(project))
    notebook = Origin(kind="pickle", where=str(project.with_name("notebook.ipynb")), content=pickled(loaded).content)
    assert project.with_name("beside_it.py") in brought(notebook)


def test_a_package_is_brought_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "brought_whole"
    package.mkdir()
    (package / "__init__.py").touch()
    assert brought(Origin(kind="module", where="brought_whole.project")) == [package]


def test_a_file_with_a_name_of_pythons_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"random\.py has the name of a package that jobs need: rename it"):
        brought(Origin(kind="file", where=str(tmp_path / "random.py")))


def test_a_module_that_raises_where_a_worker_imports_it_is_told_with_its_line(project: Path) -> None:
    project.write_text("\nraise RuntimeError('no licence here')\n")
    sys.path.append(str(project.parent))
    with pytest.raises(
        ProjectError, match=r"^my_file cannot be imported: RuntimeError: no licence here \(my_file\.py, line 2\)$"
    ):
        load(Origin(kind="module", where="my_file"))
