"""How tasks are dealt to elements."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slurm.profiles import load
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
