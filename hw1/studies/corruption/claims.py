"""E9: whether LeNet fits corrupted labels, and what that costs in epochs and in generalisation."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from analysis.claims.seeds import TENTH, known, per_seed
from analysis.claims.statement import Claim, Hypothesis
from analysis.frames import StudyResults
from hw1.matters import POINT

_ALLOWED = 0.002
"""Twice the train error at which a run ends as fitted."""


def _per_fraction(study: StudyResults, values: pd.Series) -> pd.DataFrame:
    """A value by seed and fraction, of the seeds with which every fraction was trained."""
    runs = study.runs
    fractions = sorted(study.expected["fraction"].unique())
    return per_seed(runs.assign(value=values), runs["fraction"], "value").reindex(columns=fractions).dropna()


def spared(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """What is left of the train error allowed, at the fraction where it is largest."""
    errors = _per_fraction(study, 1 - study.runs["train_accuracy"])
    return known(_ALLOWED - errors.max(axis=1).to_numpy(float))


def _growth(values: pd.DataFrame) -> Float[np.ndarray, " seed"]:
    """Growth from true to random labels: slope of the least-squares line over the fraction."""
    x = values.columns.to_numpy(float, copy=True)
    x -= x.mean()
    return known(values.to_numpy(float) @ x / (x @ x)) if len(x) > 1 else np.empty(0)


def slower(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Growth of log10 of the epochs that were trained."""
    return _growth(_per_fraction(study, study.runs["n_steps"].astype(float)).map(np.log10))


def widening(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Growth of test error less train error."""
    runs = study.runs
    return _growth(_per_fraction(study, runs["train_accuracy"] - runs["test_accuracy"]))


E9 = Claim(
    name="E9",
    words="LeNet fits labels however many are corrupted: the more, the more epochs it takes and the wider the gap",
    reading="Zhang et al. 2017 found so for larger networks on CIFAR-10. Here LeNet has 2,000 images to fit, of which "
    "a run may miss 0.1% when it ends as fitted; the train error is on the corrupted labels, the test error on true "
    "ones.",
    figures=("corrupted-labels", "corruption-costs"),
    quoted=False,
    hypotheses=(
        Hypothesis(
            words="LeNet fits every fraction of corrupted labels",
            statistic="0.2 percentage points (twice the error at which a run ends as fitted) less the mean over seeds "
            "of the train error after the last epoch, at the fraction where it is largest",
            unit="train error, to spare of the 0.2 points allowed",
            scale="points",
            matters=0.0,
            figure="corrupted-labels",
            sample=spared,
        ),
        Hypothesis(
            words="the epochs to fit grow with the fraction, taken over all fractions",
            statistic="geometric mean over seeds of the growth from no to all labels corrupted: slope of log10 of the "
            "epochs trained over the fraction; a run that does not fit counts the epochs that it was given",
            unit="epochs to fit, all ÷ no labels corrupted",
            scale="factor",
            matters=TENTH,
            figure="corruption-costs",
            sample=slower,
        ),
        Hypothesis(
            words="the generalisation gap grows with the fraction",
            statistic="mean over seeds of the growth from no to all labels corrupted: slope of test error less train "
            "error after the last epoch over the fraction",
            unit="test − train error, all − no labels corrupted",
            scale="points",
            matters=POINT,
            figure="corruption-costs",
            sample=widening,
        ),
    ),
)

CLAIMS = (E9,)
