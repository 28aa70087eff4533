"""The window holds what fits, starts the longest first, and starves nobody."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from slurm.window import Load, next_start

_CPUS, _GPUS = 4, 2


class _Run(NamedTuple):
    load: Load
    begin: float
    end: float
    first_at: float
    """When it became the first of those that wait, or began."""
    promised: float
    """When it was then to begin at the latest, had the running ones ended as estimated."""


def _simulated(loads: list[Load], slowness: list[float]) -> list[_Run]:
    """Every task's begin and end, where a task takes its estimate times its slowness."""
    jobs = sorted(zip(loads, slowness, strict=True), key=lambda job: -job[0].minutes)
    now, active, ended = 0.0, list[_Run](), list[_Run]()
    first: tuple[object, float, float] = (None, 0.0, 0.0)
    while jobs or active:
        while True:
            running = [run.load._replace(minutes=max(0.0, run.begin + run.load.minutes - now)) for run in active]
            if jobs and first[0] is not jobs[0]:
                first = (jobs[0], now, now + _wait(jobs[0][0], running))
            k = next_start([load for load, _ in jobs], running, cpus=_CPUS, gpus=_GPUS)
            if k is None:
                break
            load, slow = job = jobs.pop(k)
            at, promised = first[1:] if job is first[0] else (now, now)
            active.append(_Run(load, now, now + load.minutes * slow, at, promised))
        assert active, "nothing runs and nothing starts"
        over = min(active, key=lambda run: run.end)
        now = over.end
        active.remove(over)
        ended.append(over)
    return ended


def _wait(load: Load, running: list[Load]) -> float:
    """The shortest of the times after which it fits, if nothing is started meanwhile."""

    def fits(after: float) -> bool:
        left = [each for each in running if each.minutes > after]
        return all(load[k] + sum(each[k] for each in left) <= total for k, total in ((1, _CPUS), (2, _GPUS)))

    return next(after for after in sorted({0.0, *(each.minutes for each in running)}) if fits(after))


_LOADS = st.lists(
    st.builds(Load, st.sampled_from([1.0, 2.0, 5.0, 20.0]), st.integers(1, _CPUS), st.integers(0, _GPUS)), max_size=12
)


@given(_LOADS, st.data())
def test_what_runs_at_once_always_fits(loads: list[Load], data: st.DataObject) -> None:
    slowness = data.draw(st.lists(st.sampled_from([0.1, 1.0, 3.0]), min_size=len(loads), max_size=len(loads)))
    runs = _simulated(loads, slowness)
    assert sorted(run.load for run in runs) == sorted(loads)
    for at in (run.begin for run in runs):
        beside = [run.load for run in runs if run.begin <= at < run.end]
        assert sum(load.cpus for load in beside) <= _CPUS
        assert sum(load.gpus for load in beside) <= _GPUS


@given(_LOADS)
def test_no_task_waits_longer_than_for_those_that_ran_when_it_was_first(loads: list[Load]) -> None:
    for run in _simulated(loads, [1.0] * len(loads)):
        assert run.begin <= run.promised


@given(_LOADS, st.data())
def test_wrong_estimates_let_nothing_pass_once_they_are_over(loads: list[Load], data: st.DataObject) -> None:
    slowness = data.draw(st.lists(st.sampled_from([0.1, 1.0, 9.0]), min_size=len(loads), max_size=len(loads)))
    runs = _simulated(loads, slowness)
    for run in runs:
        passed = [other for other in runs if run.first_at < other.begin < run.begin]
        assert all(other.begin <= run.promised for other in passed)


@given(st.lists(st.floats(0, 100), min_size=1))
def test_of_equal_ones_the_longest_start_first(minutes: list[float]) -> None:
    begins = sorted(
        (run.begin, -run.load.minutes) for run in _simulated([Load(m, 1, 0) for m in minutes], [1.0] * len(minutes))
    )
    assert [length for _, length in begins] == sorted(-m for m in minutes)


def test_a_short_task_fills_the_gap_before_a_big_one() -> None:
    big, running = Load(60, 4, 0), [Load(10, 3, 0)]
    assert next_start([big, Load(10, 1, 0)], running, cpus=4, gpus=0) == 1
    assert next_start([big, Load(11, 1, 0)], running, cpus=4, gpus=0) is None
    assert next_start([big, Load(11, 1, 0), Load(5, 2, 0), Load(5, 1, 0)], running, cpus=4, gpus=0) == 3
    assert next_start([big, Load(1, 1, 0)], [Load(0, 3, 0)], cpus=4, gpus=0) is None
    assert next_start([big, Load(1, 1, 0)], [], cpus=4, gpus=0) == 0
    assert next_start([big, Load(20, 1, 0)], [Load(10, 3, 0), Load(30, 1, 0)], cpus=5, gpus=0) is None
    assert next_start([Load(60, 3, 0), Load(20, 1, 0)], [Load(5, 1, 0), Load(30, 1, 0)], cpus=4, gpus=0) is None
    assert next_start([], running, cpus=4, gpus=0) is None
