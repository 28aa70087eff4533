"""Estimates, and what they learn from packs that were trained."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw1.project import PROJECT
from hw1.specs import ImageSpec
from hw1.tests.sweeps import sweep
from jobs.cli.screen import estimates_held
from jobs.pack import Pack
from jobs.plan.calibration import TELLING_S, calibration, held, note
from jobs.plan.packs import START_S, makespan_s, packs
from jobs.plan.plan import plan
from jobs.project import Project
from jobs.sweep import Run
from jobs.sweep import sweep as project_sweep
from jobs.tests.projects import walks
from jobs.worker import provenance
from results.collect import collect
from results.tests.stores import Store


def _trained(out: Path, packs: Sequence[Pack], *, times: float, **values: Any) -> None:
    """A store that says of every pack that it took so many times its estimate; of values of `runs`, the others."""
    for pack in packs:
        one = {"pack_id": pack.pack_id, "pack_seconds": times * pack.seconds, "n_pack": len(pack.specs)}
        one |= {"device": "cpu", "host": provenance.host()} | values
        runs = {name: [value] * len(pack.specs) for name, value in one.items()}
        runs |= {"run_id": list(pack.run_ids), "spec": [spec.canonical() for spec in pack.specs]}
        runs["kind"] = [spec.kind for spec in pack.specs]
        Store(out).write(pack.pack_id, {"runs": runs})


def _packs(runs: Sequence[Run]) -> list[Pack]:
    return packs(runs, n_workers=2)


@pytest.mark.parametrize("times", [0.25, 1.0, 3.0])
def test_a_plan_of_what_was_trained_before_takes_as_long_as_it_took(tmp_path: Path, times: float) -> None:
    before, twice = sweep().runs(), sweep(n_seeds=2)
    _trained(tmp_path, _packs(before), times=times)
    planned = plan(twice.runs(), PROJECT, out=tmp_path, n_workers=2)
    seconds = sum(pack.seconds for task in planned.tasks for pack in task)
    assert seconds == pytest.approx(times * sum(pack.seconds for pack in _packs(before)), rel=1e-9)
    assert planned.n_packs_before == len(_packs(before))


def test_a_model_that_is_new_goes_as_those_did_that_are_known(tmp_path: Path) -> None:
    runs = sweep().runs()
    lenets = [run for run in runs if isinstance(run.spec, ImageSpec) and run.spec.model == "lenet"]
    mlp = next(run for run in runs if run.study.name == "parameters")
    _trained(tmp_path, _packs([lenets[0]]), times=2.0)
    known = calibration(tmp_path, PROJECT, gpu=False)
    assert known.factor(lenets[0].spec) == known.factor(lenets[1].spec) == pytest.approx(2.0)
    assert known.factor(mlp.spec) == pytest.approx(2.0)
    _trained(tmp_path, _packs([mlp]), times=5.0)
    assert calibration(tmp_path, PROJECT, gpu=False).factor(mlp.spec) == pytest.approx(5.0)
    assert calibration(tmp_path, PROJECT, gpu=False).factor(lenets[1].spec) == pytest.approx(2.0)


def test_short_packs_tell_only_of_their_own_shape(tmp_path: Path) -> None:
    smoke = next(run for run in sweep(smoke=True).runs() if run.study.name == "parameters")
    whole = next(run for run in sweep().runs() if run.study.name == "parameters")
    (pack,) = _packs([smoke])
    assert 3 * pack.seconds < TELLING_S
    _trained(tmp_path, [pack], times=3.0)
    known = calibration(tmp_path, PROJECT, gpu=False)
    assert known.factor(smoke.spec) == pytest.approx(3.0)
    assert known.factor(whole.spec) == 1.0


def test_what_a_gpu_or_another_machine_did_is_not_taken_for_what_this_one_does(tmp_path: Path) -> None:
    runs = [run for run in sweep(n_seeds=3).runs() if run.study.name == "actual_task"]
    one, two, three = (_packs([run]) for run in (runs[0], runs[2], runs[4]))
    _trained(tmp_path, one, times=0.1, device="NVIDIA H200")
    assert calibration(tmp_path, PROJECT, gpu=False).factor(runs[0].spec) == 1.0
    _trained(tmp_path, two, times=2.0, host="another")
    assert calibration(tmp_path, PROJECT, gpu=False).factor(runs[0].spec) == pytest.approx(2.0)
    _trained(tmp_path, three, times=4.0)
    assert calibration(tmp_path, PROJECT, gpu=False).factor(runs[0].spec) == pytest.approx(4.0)
    assert calibration(tmp_path, PROJECT, gpu=True).factor(runs[0].spec) == pytest.approx(0.1)


def test_a_function_that_has_used_a_gpu_is_estimated_by_gpu_where_there_is_one_and_else_by_cpu(tmp_path: Path) -> None:
    project = Project(name="walks", studies=(walks.walk.study, walks.leap.study))  # type: ignore[attr-defined]
    runs = project_sweep(project).runs()
    walk, leap = runs[:8], runs[8:11]
    _trained(tmp_path, _packs(walk[:1]), times=4.0, study="walk")
    _trained(tmp_path, _packs(leap[:1]), times=5.0, study="leap")
    assert [calibration(tmp_path, project, gpu=gpu).factor(walk[0].spec) for gpu in (False, True)] == [4.0, 4.0]
    _trained(tmp_path, _packs(walk[1:2]), times=0.5, study="walk", device="NVIDIA H100")
    assert [calibration(tmp_path, project, gpu=gpu).factor(walk[0].spec) for gpu in (False, True)] == [4.0, 0.5]
    assert [calibration(tmp_path, project, gpu=gpu).factor(leap[0].spec) for gpu in (False, True)] == [5.0, 5.0]


def test_memory_is_the_least_that_a_worker_needed_for_runs_of_the_shape(tmp_path: Path) -> None:
    runs = [run for run in sweep(n_seeds=3).runs() if run.study.name == "actual_task"]
    lenets = [run for run in runs if isinstance(run.spec, ImageSpec) and run.spec.model == "lenet"]
    (before,) = _packs([lenets[2]])
    _trained(tmp_path, _packs([lenets[0]]), times=1.0, memory_gb=3.5)
    _trained(tmp_path, _packs([lenets[1]]), times=1.0, memory_gb=2.5)
    known = calibration(tmp_path, PROJECT, gpu=False)
    (pack,) = packs([lenets[2]], n_workers=2, calibration=known)
    assert pack.memory_gb == 2.5
    (other,) = packs([runs[1]], n_workers=2, calibration=known)
    assert other.memory_gb == _packs([runs[1]])[0].memory_gb != 2.5
    assert before.memory_gb != 2.5


def test_estimates_are_kept_and_held_against_what_was_taken(tmp_path: Path) -> None:
    made = _packs([run for run in sweep().runs() if run.study.name in {"parameters", "trajectory"}])
    note(tmp_path, [replace(pack, pace=100.0) for pack in made])
    note(tmp_path, made)
    assert held(tmp_path, {"parameters"}) == {}
    _trained(tmp_path, made[:3], times=1.5)
    sums = held(tmp_path, {"parameters", "trajectory"})
    assert sum(of.n_packs for of in sums.values()) == 3
    assert all(of.ratio == pytest.approx(1.5, abs=0.01) for of in sums.values())
    assert held(tmp_path, {"simulate"}) == {}
    assert all("(× 1.50)" in line for line in estimates_held(tmp_path, {"parameters", "trajectory"}))


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"[]", b"{", b"[" * 100_000, b'{"a": 1}', b'{"a": ["s", null]}', b"9" * 9999]
)
@pytest.mark.parametrize("name", ["1.json", "._1.json"])
def test_a_damaged_note_of_estimates_is_none(tmp_path: Path, text: bytes, name: str) -> None:
    (tmp_path / "estimates").mkdir()
    (tmp_path / "estimates" / name).write_bytes(text)
    os.mkfifo(tmp_path / "estimates" / "2.json")
    assert estimates_held(tmp_path, {"parameters"}) == []


def test_packs_whose_time_nobody_noted_tell_nothing(tmp_path: Path) -> None:
    made = _packs(sweep(studies=("parameters",)).runs())
    note(tmp_path, made)
    _trained(tmp_path, made, times=1.0, pack_seconds=None)
    assert calibration(tmp_path, PROJECT, gpu=False).n_packs == 0
    assert held(tmp_path, {"parameters"}) == {}


def test_a_store_tells_each_pack_once_however_it_is_compacted(tmp_path: Path) -> None:
    made = _packs(sweep(studies=("minimal_ratio", "parameters")).runs())
    _trained(tmp_path, made, times=1.0)
    ids = sorted(pack.pack_id for pack in made)
    assert sorted(row["pack_id"] for row in Store(tmp_path).packs("spec")) == ids
    collect(Store(tmp_path), ())
    assert sorted(row["pack_id"] for row in Store(tmp_path).packs("spec")) == ids


@given(seconds=st.lists(st.floats(0, 1e4), max_size=30), n=st.integers(1, 8))
def test_a_makespan_is_no_shorter_than_its_work_and_its_longest_task(seconds: list[float], n: int) -> None:
    (pack,) = _packs([sweep().runs()[0]])
    tasks = [[replace(pack, pace=s / pack.seconds)] for s in sorted(seconds, reverse=True)]
    work = sum(seconds) + START_S * len(seconds)
    found = makespan_s(tasks, n)
    longest = max((s + START_S for s in seconds), default=0.0)
    assert max(longest, work / n) * (1 - 1e-9) <= found <= (longest + work / n) * (1 + 1e-9)


def test_a_study_without_gpus_learns_from_packs_on_the_cpu_where_others_have_gpus(tmp_path: Path) -> None:
    run = next(run for run in sweep().runs() if run.study.name == "parameters")
    _trained(tmp_path, _packs([run]), times=5.0, study="parameters")
    taking = replace(PROJECT, studies=tuple(replace(study, gpus=None) for study in PROJECT.studies))
    assert calibration(tmp_path, PROJECT, gpu=True).factor(run.spec) == pytest.approx(5.0)
    assert calibration(tmp_path, taking, gpu=True).factor(run.spec) == 1.0
