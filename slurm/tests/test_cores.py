"""Calls on the cores that are free: the same results on any number of them, and each task's share of a local run's."""

import threading
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slurm import cores
from slurm.local import run_local
from slurm.tasks import Task
from slurm.tests import calls


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n_calls=st.integers(0, 9), n_cores=st.integers(0, 12))
def test_results_are_in_order_on_as_many_threads_as_cores(
    n_calls: int, n_cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "free", lambda: n_cores)
    found = cores.in_parallel([partial(lambda k: (k, threading.get_ident()), k) for k in range(n_calls)])
    assert [k for k, _ in found] == list(range(n_calls))
    assert len({thread for _, thread in found}) <= max(1, n_cores)


def test_calls_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "free", lambda: 3)
    meeting = threading.Barrier(3, timeout=30)
    assert sorted(cores.in_parallel([meeting.wait] * 3)) == [0, 1, 2]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_what_a_call_raises_is_raised_once_the_others_have_ended(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "free", lambda: 2)
    made = []

    def call(k: int) -> None:
        if k == number:
            raise ValueError(f"call {k}")
        made.append(k)

    with pytest.raises(ValueError, match=f"call {number}"):
        cores.in_parallel([partial(call, k) for k in range(4)])
    assert len(made) >= 2


@pytest.mark.parametrize(
    ("text", "slurm", "expected"),
    [("3", "7", 3), ("", "7", 1), ("x", "", 1), ("-2", "", 1), (None, "7", 7), (None, "", 1), (None, "2(x3)", 1)],
)
def test_what_is_unreadable_is_one_core(
    text: str | None, slurm: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(cores.VARIABLE, raising=False)
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", slurm)
    if text is not None:
        (tmp_path / "cores").write_text(text)
        monkeypatch.setenv(cores.VARIABLE, str(tmp_path / "cores"))
    assert cores.free() == expected


@given(n=st.integers(1, 20), wanted=st.lists(st.integers(1, 6), max_size=20))
def test_a_share_fits_and_leaves_no_core_that_all_could_use(n: int, wanted: list[int]) -> None:
    found, wide = cores.share(n, wanted), sum(each > 1 for each in wanted)
    assert found >= 1
    if wide and len(wanted) <= n:
        assert len(wanted) - wide + wide * found <= n < len(wanted) - wide + wide * (found + 1)


def test_a_task_that_is_left_alone_has_the_cores_of_those_that_ended(tmp_path: Path) -> None:
    tasks = [
        Task(name="short", call=calls.WaitFor(tmp_path / "long.txt", "3"), minutes=1),
        Task(name="long", call=calls.Cores(tmp_path / "long.txt", until=4), minutes=2, cores=4),
    ]
    assert [outcome.state for outcome in run_local(tasks, folder=tmp_path, n_cpus=4)] == ["done", "done"]
    assert (tmp_path / "long.txt").read_text().endswith(" 3 4")
    assert not list((tmp_path / "local").glob("*/cores"))
