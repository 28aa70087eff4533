"""The report's tables."""

import pandas as pd
import pytest

from analysis import summary
from analysis.frames import StudyResults, finished
from hw1.final import final
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import studies
from results.energy import DEFAULT


def _final(of: StudyResults) -> summary.Table:
    return summary.final_numbers(of, final(of))


def test_shared_settings_come_from_the_specs(sweep: Sweep) -> None:
    shared = dict(summary.common(studies(*sweep)["simulate"]))
    assert shared["optimizer"] == "RMSprop"
    assert shared["iterations at most"] == "20,000"
    assert shared["stops at a gradient norm below"] == "none"
    assert "hidden layers" not in shared
    assert "momentum" not in shared  # no field of a function fit
    assert dict(summary.common(studies(*sweep)["minimal_ratio"]))["number of parameters"] == "572"
    assert dict(summary.common(studies(*sweep)["minimal_ratio"]))["seeds"] == "0 to 99"


def test_what_differs_is_one_row_a_setting(sweep: Sweep) -> None:
    table = summary.differing(studies(*sweep)["interpolation"])
    assert table.header == ("setting", "batch size 2", "learning rate 2", "number of parameters")
    assert table.rows[1] == ("learning rate 0.01 and 0.001", "100", "0.001", "61,706")
    assert len(summary.differing(studies(*sweep)["parameters"]).rows) == 10


def test_final_numbers_are_the_median_and_range_over_seeds(seeds: Sweep) -> None:
    runs = seeds.tables["runs"].copy()
    of = studies(*seeds)["random_labels"]
    runs.loc[runs["run_id"].isin(of.runs["run_id"]), "test_loss"] = [2.0, 3.5, 3.0]
    table = _final(studies(seeds.manifest, seeds.tables | {"runs": runs})["random_labels"])
    row = dict(zip(table.header, table.rows[0], strict=True))
    assert row["test loss"] == "3 (2–3.5)"
    assert row["runs"] == "3 of 3"
    assert "met its stopping rule" not in row


def test_final_numbers_count_runs_that_met_their_stopping_rule(sweep: Sweep) -> None:
    of = studies(*sweep)["minimal_ratio"]
    table = _final(of)
    row = dict(zip(table.header, table.rows[0], strict=True))
    assert row["met its stopping rule"] == f"{of.runs['converged'].sum()} of 100"


def test_both_ends_of_a_pair_have_final_numbers(sweep: Sweep) -> None:
    table = _final(studies(*sweep)["interpolation"])
    assert [row[0] for row in table.rows[:2]] == ["batch size 100 and 500, end 1", "batch size 100 and 500, end 2"]
    curves = studies(*sweep)["interpolation"].table("curves")
    last = curves[(curves["end"] == 2) & (curves["batch_size_2"] == 500)].sort_values("step")["test_accuracy"].iloc[-1]
    row = dict(zip(table.header, table.rows[1], strict=True))
    assert float(row["test accuracy [fraction]"]) == pytest.approx(last, abs=5e-5)


def test_settings_without_a_finished_run_have_no_final_numbers(partial: Sweep) -> None:
    assert [row[0] for row in _final(studies(*partial)["actual_task"]).rows] == ["LeNet"]
    assert _final(studies(*partial)["random_labels"]).rows == ()


def test_failures_of_missing_runs_are_told(partial: Sweep, sweep: Sweep) -> None:
    failed = [("CNN", "out of memory: tried to allocate 2 GiB | <b>and more</b>")]
    assert summary.failures(studies(*partial)["actual_task"]) == failed
    said = partial.tables["failures"].assign(message="\x1b[2Jgone\nfor good")
    told = summary.failures(studies(partial.manifest, partial.tables | {"failures": said})["actual_task"])
    assert all(text.endswith(r": \x1b[2Jgone for good") for _, text in told)
    assert told
    repaired = sweep.tables | {"failures": partial.tables["failures"]}
    assert summary.failures(studies(sweep.manifest, repaired)["actual_task"]) == []


def test_provenance_says_with_what_and_how_long(sweep: Sweep) -> None:
    n_runs = len(sweep.manifest)
    runs = finished(*sweep).assign(seconds=7200 / n_runs, git_dirty=[True] + [False] * (n_runs - 1))
    found = dict(summary.provenance(runs))
    assert found["training time, all runs"] == "2.0 hours"
    assert found["commit"] == "0123456789ab (with uncommitted changes)"
    assert found["processor"] == "made-up CPU"
    assert found["versions"].startswith("Python 3.11.0, torch 0.0.0, numpy ")


def test_provenance_says_which_kinds_of_cpu_are_mixed(sweep: Sweep) -> None:
    runs = finished(*sweep).assign(device="cpu", cpu="EPYC", cpu_capability="AVX2")
    assert dict(summary.provenance(runs))["processor"] == "EPYC (AVX2)"
    runs.loc[runs.index[:3], ["cpu", "cpu_capability"]] = ["Xeon", "AVX512"]
    assert dict(summary.provenance(runs))["processor"] == (
        f"2 kinds of processor, which round differently: {len(runs) - 3} on EPYC (AVX2), 3 on Xeon (AVX512)"
    )
    runs.loc[:, ["cpu", "cpu_capability"]] = None
    assert dict(summary.provenance(runs))["processor"] == "a CPU that was not recorded"


def test_provenance_says_what_was_not_recorded(sweep: Sweep) -> None:
    runs = finished(*sweep).assign(git_commit=None, git_dirty=None, host=None, finished=None, memory_gb=float("nan"))
    found = dict(summary.provenance(runs))
    for name in ("commit", "hosts", "finished", "peak memory of a worker"):
        assert found[name] == "not recorded"


def test_what_jobs_had_and_used_is_told_of_runs_that_recorded_it(sweep: Sweep) -> None:
    runs = finished(*sweep)
    assert summary.used(runs).rows == ()
    runs = runs.assign(study="s", cpu_seconds=float("nan"), asked_cpus=2.0, device="cpu")
    runs.loc[runs.index[:1], ["cpu_seconds", "seconds"]] = 30.0
    told = summary.used(runs)
    assert told.rows[:2] == (
        ("s", "memory, GiB", "–", "1.25", "1.25", "memory_gb = 2.0"),
        ("s", "cores", "2", "1.00", "1.00", "cpus = 1"),
    )
    assert all(len(row) == len(told.header) for row in told.rows)
    assert dict(summary.provenance(finished(*sweep)))["energy of training"] == "not recorded"
    assert [row[0] for row in summary.energies(runs, DEFAULT).rows] == ["s"]
    assert dict(summary.provenance(runs))["energy of training"].startswith("about 0.16 Wh and 0.077 g of CO₂ for 1 of ")


def test_an_empty_study_has_no_settings(sweep: Sweep) -> None:
    chosen = sweep.manifest[sweep.manifest["study"] == "parameters"]
    of = studies(chosen, pd.Series(sweep.tables).to_dict())["simulate"]
    assert summary.common(of) == []
    assert _final(of).rows == ()
