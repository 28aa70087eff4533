"""The door: what it gives, what it leaves alone, and studies without a file."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import jobs

HEAVY = ("torch", "numpy", "pandas", "pyarrow", "matplotlib", "pydantic", "submitit", "cloudpickle")

STUDY = """
import random
from jobs import Run, Project, Study, Spec, Trainer, Column, grid, study, project_of

@study(runs=grid(a=[1, 2], seed=range(2)))
def f(run: Run, *, a: int, seed: int) -> dict[str, float]:
    random.seed(seed)
    for step in run.steps(3):
        run.log(x=random.random() * a)
    return {"x": random.random()}
"""


def python(code: str, folder: Path) -> str:
    # An editable install finds the rooms anywhere.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_study_and_its_runs_import_nothing_heavy(tmp_path: Path) -> None:
    code = f"""
import sys
{STUDY}
specs = list(f.study.specs("all", None))
last = f.study.kinds[0].drive(specs, device=None, see=lambda _: None)
print(len(last.tables["f.log"]["x"]), [name for name in {HEAVY!r} if name in sys.modules])
"""
    assert python(code, tmp_path) == "12 []"


def test_the_door_has_all_that_it_names() -> None:
    assert callable(jobs.study), "the function, not the module"
    assert set(jobs.__all__) == {*jobs._FROM, "shell_study", "study"}
    for name in jobs.__all__:
        assert getattr(jobs, name) is not None
    assert {name for name in jobs.__all__ if isinstance(getattr(jobs, name), ModuleType)} == {"names", "style"}
    assert {"State", "Tables", "Page", "Section", "StudyResults", "Option", "DataError"} <= set(jobs.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = jobs.nothing


@pytest.mark.parametrize("kind", ["function", "command"])
def test_a_study_of_a_notebook_comes_back_in_a_new_process(tmp_path: Path, kind: str) -> None:
    studies = (
        "f.study" if kind == "function" else 'shell_study("f", "echo {a} {seed}", runs=grid(a=[1, 2], seed=range(2)))'
    )
    code = f"""
{STUDY}
from jobs import shell_study
from jobs.functions.notebook import pickled
from pathlib import Path
from types import ModuleType
project = Project(name="notebook", studies=({studies},))
specs = list(project.by_name["f"].specs("all", None))
Path("origin").write_bytes(pickled(project).content)
Path("specs").write_text("\\n".join(spec.canonical() for spec in specs))
print(*[spec.run_id for spec in specs])
"""
    ids = python(code, tmp_path)
    again = """
from pathlib import Path
from types import ModuleType
from jobs.imports import load
from jobs.origin import Origin
project = load(Origin(kind="pickle", where="", content=Path("origin").read_bytes()))
specs = [project.spec(text) for text in Path("specs").read_text().splitlines()]
last = type(specs[0]).drive(specs, device=None, see=lambda _: None)
assert last.tables["runs"]["run_id"] == [spec.run_id for spec in specs], last.failures
import cloudpickle, pickle
assert pickle.loads(cloudpickle.dumps(specs)) == specs
print(*[spec.run_id for spec in specs])
"""
    assert python(again, tmp_path).splitlines()[-1] == ids


def test_a_file_is_a_project_and_one_that_raises_says_where(tmp_path: Path) -> None:
    file = tmp_path / "digits_door.py"
    file.write_text('"""Digits by width."""\n' + STUDY)
    project = jobs.project_of(str(file))
    assert (project.title, [study.name for study in project.studies]) == ("Digits by width.", ["f"])
    wrong = tmp_path / "wrong_door.py"
    wrong.write_text(STUDY.replace("a=[1, 2]", "b=[1, 2]"))
    with pytest.raises(ValueError, match=r"study `f`: no parameter `b`: there are a, seed.*; `a` must be given"):
        jobs.project_of(str(wrong))


def test_a_command_in_a_notebook_is_one_of_what_it_defines_and_a_mistake_is_a_line(tmp_path: Path) -> None:
    code = f"""
{STUDY}
from jobs import command
print(command("list --out o"), command("list --nothing"), command("status --study g --out o"))
del f
print(command("list"))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "4 runs: 4 pending" in done.stdout
    assert done.stdout.split()[-4:] == ["0", "2", "2", "2"]
    assert "__main__ has no study" in done.stderr
    assert "Traceback" not in done.stderr
