"""MNIST-1D: the package's own numbers, the paper's networks, its order of rows, and effects of known sign."""

import numpy as np
import pandas as pd
import pytest
import torch

from hw1.projects.mnist1d import claims, study
from hw1.projects.mnist1d.data import digits
from hw1.projects.mnist1d.networks import network
from hw1.projects.mnist1d.project import PROJECT
from jobs import Labels, StudyResults, load, names

RUNS = pd.DataFrame(
    [{"lr": 0.01, "width": 100, "skip": True, "shuffled": False, "data_seed": 42, **run} for run in study.runs()]
)
LEVELS = {"logistic": 0.3, "mlp": 0.65, "cnn": 0.93, "gru": 0.9, **dict.fromkeys(study.ARMS, 0.6)}
LEVELS["wide"] = 0.7


def results() -> StudyResults:
    """As if every kind ended at its level, and had been a point above at its best and two below after 1,000 steps."""
    runs = RUNS.assign(run_id=[str(k) for k in range(len(RUNS))], study="mnist1d", smoke=False)
    end = claims.kind(runs).map(LEVELS)
    own = runs[["run_id"]].assign(test_accuracy=end)
    log = pd.concat([own.assign(step=step, test_accuracy=end + up) for step, up in ((24, -0.02), (99, 0.01), (149, 0))])
    tables = {"runs": own[["run_id"]], "mnist1d.runs": own, "mnist1d.log": log}
    expected = runs.assign(**{names.SETTING: ""})
    return StudyResults(name="mnist1d", smoke=False, expected=expected, own=tables, tables=tables, labels=Labels())


def test_the_data_are_the_package_s_to_the_last_bit_of_float32() -> None:
    from mnist1d.data import get_dataset_args, make_dataset  # noqa: PLC0415 - imports matplotlib

    theirs, ours = make_dataset(get_dataset_args()), digits()
    for name in ("x", "y", "x_test", "y_test"):
        assert np.array_equal(theirs[name].astype(np.float32), getattr(ours, name).astype(np.float32))


def test_the_networks_have_as_many_parameters_as_the_paper_s() -> None:
    made = {name: network(name, width=100, skip=True) for name in study.NETWORKS}
    counts = {name: sum(p.numel() for p in net.parameters()) for name, net in made.items()}
    assert counts == {"logistic": 410, "mlp": 15210, "cnn": 5210, "gru": 5134}
    assert {tuple(net(torch.zeros(2, 40)).shape) for net in made.values()} == {(2, 10)}


def test_every_arm_differs_from_the_paper_s_mlp_and_runs_from_every_seed() -> None:
    counts = claims.kind(RUNS).value_counts()
    assert counts.to_dict() == dict.fromkeys(LEVELS, 30)
    assert len({spec.run_id for spec in PROJECT.studies[0].specs("all", None)}) == 300


def test_effects_are_positive_where_they_speak_for_a_statement() -> None:
    study_ = results()
    effects = {
        claim.name: [float(np.median(statement.effect(study_))) for statement in claim.statements]
        for claim in claims.CLAIMS
    }
    near = [claims.NEAR - abs(LEVELS[name] - claims.PUBLISHED[name]) for name in study.NETWORKS]
    assert effects["M1"] == pytest.approx(near)
    assert effects["M2"] == pytest.approx([0.03, 0.25, 0.35])
    assert [effects[f"Q{k}"][0] for k in range(1, 9)] == pytest.approx([0.05, 0.05, 0.05, 0.05, 0.05, 0.02, 0.01, 0.0])


def test_findings_say_medians_in_percent() -> None:
    said = [
        statement.finding(results()) for claim in claims.CLAIMS for statement in claim.statements if statement.finding
    ]
    assert "the paper's MLP 65%, without the skip connection 60%" in said
    assert "63%, after the last step 65%" in said


def test_the_readme_s_accuracies_are_those_of_the_committed_results() -> None:
    assert PROJECT.reference is not None
    runs = load(PROJECT.reference)
    readme = (PROJECT.reference.parent / "README.md").read_text()
    for _, of in runs.groupby(claims.kind(runs)):
        percent = 100 * of["test_accuracy"]
        said = f"| {percent.median():.1f} ({percent.min():.1f} to {percent.max():.1f}) | {len(of)} |"
        assert said in readme
    assert f"{len(runs)} of 300 runs" in readme
    assert set(runs["bits"]) == {"proven"}
