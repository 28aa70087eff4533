"""Packs and tasks."""

import dataclasses
import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import ceil
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw1.tests.sweeps import sweep
from jobs.pack import PACK_S, Pack
from jobs.plan.packs import LARGEST_PACK, START_S, local_tasks, makespan_s, n_local_tasks, packs, tasks
from jobs.spec import Spec
from jobs.sweep import Run

RUNS = sweep(n_seeds=3).runs()
some_runs = st.lists(st.sampled_from(RUNS), min_size=1, max_size=150, unique_by=lambda run: run.run_id)


def taking_gpus(runs: Iterable[Run]) -> list[Run]:
    """The same runs, of a study that takes the GPUs there are."""
    return [run._replace(study=replace(run.study, name="others", gpus=None)) for run in runs]


@settings(max_examples=40)
@given(runs=some_runs, n_workers=st.integers(1, 16))
def test_every_run_is_in_one_pack_of_one_shape_and_every_pack_in_one_task(runs: list[Run], n_workers: int) -> None:
    made = packs(runs, n_workers=n_workers)
    assert Counter(i for pack in made for i in pack.run_ids) == Counter(run.run_id for run in runs)
    for pack in made:
        assert len({spec.shape for spec in pack.specs}) == 1
        assert len(pack.specs) <= LARGEST_PACK
        assert pack.specs[0].is_fused or len({spec.seed for spec in pack.specs}) == 1
    dealt = tasks(made, n_tasks=n_workers)
    assert sorted(p.pack_id for task in dealt for p in task) == sorted(p.pack_id for p in made)
    assert all(dealt)
    totals = [sum(pack.seconds for pack in task) for task in dealt]
    assert totals == sorted(totals, reverse=True)


def test_runs_have_one_shape_if_they_differ_in_nothing_but_what_a_pack_may_differ_in() -> None:
    specs = [run.spec for run in (*RUNS, *sweep(preset="extended").runs())]
    pairs = {(spec.shape, spec.replace(**spec.free)) for spec in specs}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    assert len(pairs) < len(specs)


@given(runs=some_runs, n_tasks=st.integers(1, 20))
def test_every_pack_goes_to_the_task_with_least_to_do(runs: list[Run], n_tasks: int) -> None:
    made = packs(runs, n_workers=4)
    naive: list[list[Pack]] = [[] for _ in range(min(len(made), n_tasks))]
    for pack in sorted(made, key=lambda pack: -pack.seconds):
        min(naive, key=lambda task: sum(pack.seconds for pack in task)).append(pack)
    dealt = tasks(made, n_tasks=n_tasks)
    assert sorted(dealt, key=lambda task: task[0].pack_id) == sorted(naive, key=lambda task: task[0].pack_id)


@given(order=st.permutations(RUNS[:6]))
def test_a_packs_id_does_not_depend_on_the_order_of_its_runs(order: list[Run]) -> None:
    specs = tuple(run.spec for run in order)
    assert Pack("x", 1, specs).pack_id == Pack("x", 1, tuple(run.spec for run in RUNS[:6])).pack_id


def test_a_gpu_takes_as_large_a_pack_as_there_are_runs_of_a_shape() -> None:
    runs = taking_gpus(sweep(studies=("minimal_ratio",)).runs())
    assert [len(pack.specs) for pack in packs(runs, n_workers=1, n_on_gpu=1)] == [100]
    assert [len(pack.specs) for pack in packs(runs, n_workers=2, n_on_gpu=2)] == [50, 50]


def test_a_pack_that_has_begun_is_made_again_while_all_its_runs_are_pending() -> None:
    runs = sweep(studies=("minimal_ratio",)).runs()
    before = packs(runs, n_workers=2)
    assert [len(pack.specs) for pack in before] == [50, 50]
    left = [run for run in runs if run.run_id not in before[0].run_ids]
    alone = packs(left, n_workers=2)
    assert [len(pack.specs) for pack in alone] == [25, 25]
    continued = packs(left, n_workers=2, begun=[before[0].run_ids, before[1].run_ids])
    assert [pack.run_ids for pack in continued] == [before[1].run_ids]


def test_a_hundred_small_runs_fill_the_workers() -> None:
    runs = sweep(studies=("minimal_ratio",)).runs()
    assert [len(p.specs) for p in packs(runs, n_workers=4)] == [25] * 4
    assert len(tasks(packs(runs, n_workers=4), n_tasks=4)) == 4


def test_packs_of_runs_that_take_no_time_are_large_enough_to_be_worth_their_files() -> None:
    runs = sweep(studies=("empty",), n_seeds=30_000).runs()
    assert [len(p.specs) for p in packs(runs[:1000], n_workers=2)] == [500, 500]
    assert [len(p.specs) for p in packs(runs, n_workers=2)] == [15_000, 15_000]
    longer = [pack.seconds for pack in packs(sweep(studies=("empty",), n_seeds=300_000).runs(), n_workers=2)]
    assert max(longer) <= PACK_S
    assert len(longer) == ceil(sum(longer) / PACK_S)


def test_pairs_that_share_an_end_share_a_pack_and_other_large_runs_are_alone() -> None:
    sizes = Counter((p.study, len(p.specs)) for p in packs(sweep().runs(), n_workers=2))
    assert sizes["interpolation", 2] == 1
    assert sizes["actual_task", 1] == 2
    assert sizes["random_labels", 1] == 1
    barriers = packs(sweep(studies=("barriers",), preset="extended", n_seeds=2).runs(), n_workers=2)
    assert [{spec.seed for spec in pack.specs} for pack in barriers] == [{0}, {1}]


def test_what_takes_longest_starts_first() -> None:
    made = packs(sweep().runs(), n_workers=2)
    first = tasks(made, n_tasks=n_local_tasks(made, 2))[0]
    assert [(p.study, p.specs[0].model) for p in first] == [("actual_task", "cnn")]  # type: ignore[attr-defined]


def test_checkpoints_of_a_pack_and_of_one_of_its_runs_make_no_run_belong_to_two_packs() -> None:
    runs = sweep(studies=("minimal_ratio",)).runs()[:4]
    ids = tuple(run.run_id for run in runs)
    made = packs(runs, n_workers=1, begun=[ids[1:2], ids, (ids[2], ids[2]), ids[:1]])
    assert sorted(i for pack in made for i in pack.run_ids) == sorted(ids)
    assert [ids[1]] in [list(pack.run_ids) for pack in made]


def test_a_study_without_gpus_is_packed_for_a_cpu_where_others_have_one() -> None:
    runs = sweep(studies=("minimal_ratio",)).runs()
    assert {run.study.gpus for run in runs} == {0}
    assert [len(pack.specs) for pack in packs(runs, n_workers=1, n_on_gpu=1)] == [50, 50]
    assert [len(pack.specs) for pack in packs(taking_gpus(runs), n_workers=1, n_on_gpu=1)] == [100]


def test_local_tasks_that_a_gpu_trains_hold_no_packs_of_studies_without_gpus_which_train_beside_them() -> None:
    runs = sweep(studies=("minimal_ratio",)).runs()
    both = [*runs[:80], *taking_gpus(runs[80:])]
    made = packs(both, n_workers=4, n_on_gpu=1)
    dealt = local_tasks(made, 4, n_on_gpu=1)
    on = [{pack.may_use_gpus for pack in task} for task in dealt]
    assert [on.count({False}), on.count({True})] == [4, 1]
    assert len(on) == 5
    longest = max(sum(pack.seconds for pack in task) for task in dealt)
    assert makespan_s(dealt, 4, n_on_gpu=1) == START_S + longest
    assert len(local_tasks(made, 4)) == 4


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Wide(Spec):
    """A run that takes seconds of so many cores."""

    kind = "wide"
    number: int
    seconds_: float
    cores_: int

    @classmethod
    def seconds(cls, specs: Sequence[Self]) -> float:
        return sum(spec.seconds_ for spec in specs)

    @property
    def cores(self) -> int:
        return self.cores_


@given(
    runs=st.lists(st.tuples(st.floats(0.0, 50.0), st.integers(1, 5)), min_size=1, max_size=12),
    n_workers=st.integers(1, 9),
)
def test_no_end_is_sooner_than_cores_allow_and_one_that_uses_free_cores_is_no_later(
    runs: list[tuple[float, int]], n_workers: int
) -> None:
    wide, narrow = (
        [[Pack("s", 1, (_Wide(number=k, seconds_=s, cores_=n if free else 1),))] for k, (s, n) in enumerate(runs)]
        for free in (True, False)
    )
    seconds = [START_S + s for s, _ in runs]
    free = [0.0] * n_workers
    for each in seconds:
        heapq.heapreplace(free, free[0] + each)
    assert makespan_s(narrow, n_workers) == pytest.approx(max(free))
    found = makespan_s(wide, n_workers)
    assert found <= max(free) + 1e-6
    assert found >= max(sum(seconds) / n_workers, *(START_S + s / min(n, n_workers) for s, n in runs)) - 1e-6


def test_a_long_run_that_is_left_alone_is_done_by_all_cores_it_can_use() -> None:
    tasks = [[Pack("s", 1, (_Wide(number=k, seconds_=s, cores_=4),))] for k, s in enumerate((100.0, 20.0))]
    assert makespan_s(tasks, 2) == pytest.approx(24.0 + (100.0 - 20.0) / 2)
    assert makespan_s(tasks[:1], 8) == pytest.approx(4.0 + 100.0 / 4)
