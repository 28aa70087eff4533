"""How tasks are dealt to elements."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slurm.profiles import Gpu, load
from slurm.submit import dealt, preview
from slurm.tasks import Task

minutes = st.lists(st.floats(0, 100), min_size=1, max_size=40)


@example(minutes=[0.0, 0.0], n_elements=2)
@given(minutes=minutes, n_elements=st.integers(1, 50))
def test_every_task_is_dealt_once_and_evenly(minutes: list[float], n_elements: int) -> None:
    tasks = [Task(name=str(k), call=print, minutes=m) for k, m in enumerate(minutes)]
    elements = dealt(tasks, n_elements)
    assert sorted(task.name for element in elements for task in element) == sorted(task.name for task in tasks)
    assert len(elements) == min(n_elements, len(tasks))
    assert all(elements)
    totals = [sum(task.minutes for task in element) for element in elements]
    # Whichever element is last to end, all others were as long when it got its last task (Graham 1969).
    assert max(totals) <= sum(minutes) / len(elements) + max(minutes) + 1e-9


def test_a_preview_is_possible_where_there_is_no_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [Task(name=str(k), call=print, minutes=1) for k in range(3)]
    monkeypatch.setenv("PATH", "")
    (script,) = preview(tasks, folder=tmp_path, prefix="x", profile=load("generic"), code=tmp_path / "code")
    assert "--array=0-2%" in script
    assert not list(tmp_path.iterdir())


def test_tasks_that_ask_for_other_gpus_or_cores_are_arrays_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    profile = load("generic").model_copy(update={"cpus": 1, "gpu": Gpu(form="gres", type="a100", count=1)})
    asked = [(1, 1), (0, 1), (0, 2), (0, 1)]
    tasks = [Task(name=str(k), call=print, minutes=1, gpus=gpus, cpus=cpus) for k, (gpus, cpus) in enumerate(asked)]
    scripts = preview(tasks, folder=tmp_path, prefix="x", profile=profile, code=tmp_path / "code")
    said = [re.findall(r"--array=(\S+)%|--cpus-per-task=(\d+)$|--gres=(\S+)", text, re.MULTILINE) for text in scripts]
    assert [sorted("".join(match) for match in found) for found in said] == [
        ["0-0", "1", "gpu:a100:1"],
        ["0-1", "1"],
        ["0-0", "2"],
    ]


def test_tasks_that_come_after_others_are_later_arrays_that_wait_for_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    after = {"last": {"later"}, "later": {"a", "b"}, "a": set(), "b": set(), "free": set()}
    tasks = [Task(name=name, call=print, minutes=1, after=frozenset(names)) for name, names in after.items()]
    tasks += [Task(name="others", call=print, minutes=1, cpus=2, after_jobs=frozenset({"12"}))]
    own = load("generic").model_copy(update={"sbatch": {"dependency": "singleton"}})
    for profile, first, then in (
        (load("generic"), [], "afterany:JOBS"),
        (own, ["singleton"], "singleton,afterany:JOBS"),
    ):
        scripts = preview(tasks, folder=tmp_path, prefix="x", profile=profile, code=tmp_path / "code")
        found = [re.findall(r"--array=(\S+)%|--dependency=(\S+)$", text, re.MULTILINE) for text in scripts]
        said = [[array or waits for array, waits in sorted(each, reverse=True)] for each in found]
        assert said == [["0-2", *first], ["0-0", then], ["0-0", then], ["0-0", then]]
