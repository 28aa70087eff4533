"""Frames of one study."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.frames import NothingCollected, finished
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import studies


def test_a_study_holds_its_own_runs_only(sweep: Sweep) -> None:
    for name, rows in sweep.manifest.groupby("study"):
        of = studies(*sweep)[name]
        assert set(of.runs["run_id"]) == set(rows["run_id"])
        assert set(of.table("curves")["study"]) <= {name}
        assert of.missing.empty


def test_rows_that_no_finished_run_vouches_for_are_ignored(sweep: Sweep) -> None:
    cut = sweep.manifest.loc[sweep.manifest["model"] == "cnn", "run_id"]
    of = studies(*sweep.less(cut))["actual_task"]
    assert set(of.table("curves")["model"]) == {"lenet"}
    assert of.missing["run_id"].tolist() == cut.tolist()


def test_runs_that_the_manifest_does_not_expect_are_ignored(sweep: Sweep, smoke: Sweep) -> None:
    runs = pd.concat([sweep.tables["runs"], smoke.tables["runs"]])
    assert len(finished(sweep.manifest, sweep.tables | {"runs": runs})) == len(sweep.manifest)


def test_settings_stand_beside_every_row(sweep: Sweep) -> None:
    curves = studies(*sweep)["simulate"].table("curves")
    assert curves.groupby("run_id")["hidden"].nunique().eq(1).all()
    assert {"function", "n_params", "seed"} <= set(curves.columns)


def test_measured_leaves_out_what_is_null_or_infinite(sweep: Sweep) -> None:
    curves = sweep.tables["curves"].copy()
    ours = curves["run_id"].isin(studies(*sweep)["gradient_norm"].runs["run_id"])
    curves.loc[curves.index[ours][:2], "train_loss"] = [np.nan, np.inf]
    of = studies(sweep.manifest, sweep.tables | {"curves": curves})["gradient_norm"]
    assert len(of.measured("curves", ("train_loss",))) == ours.sum() - 2


def test_an_absent_table_is_empty_and_has_its_columns(sweep: Sweep) -> None:
    of = studies(sweep.manifest, {"runs": sweep.tables["runs"]})["trajectory"]
    assert of.measured("snapshots", ("epoch", "weights")).empty


def test_a_study_outside_the_manifest_expects_nothing(sweep: Sweep) -> None:
    chosen = sweep.manifest[sweep.manifest["study"] == "parameters"]
    of = studies(chosen, sweep.tables)["simulate"]
    assert of.expected.empty
    assert of.runs.empty


def test_nothing_collected_names_the_remedy(sweep: Sweep, smoke: Sweep) -> None:
    remedy = rf"none of the {len(sweep.manifest)} expected runs is done: train them with `hw1 submit --local`"
    with pytest.raises(NothingCollected, match=remedy):
        finished(sweep.manifest, smoke.tables)
    with pytest.raises(NothingCollected):
        finished(sweep.manifest, {})


def test_importing_analysis_is_light_and_rendering_needs_no_torch() -> None:
    code = """
import sys
import analysis
print([name for name in ("pandas", "numpy", "matplotlib", "jinja2") if name in sys.modules])
import analysis.render
print([name for name in ("torch", "slurm", "jobs", "matplotlib.pyplot") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["[]", "[]", ""]
