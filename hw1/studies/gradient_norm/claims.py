"""C4: whether the gradient norm declines steadily, and the loss with it."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from jaxtyping import Float

from analysis.claims.seeds import known
from analysis.claims.statement import Claim, Hypothesis
from analysis.frames import StudyResults

_N_STRETCHES = 10


def _per_run(study: StudyResults, effect: Callable[[pd.DataFrame], float]) -> Float[np.ndarray, " seed"]:
    """The effect of each run's ten stretches of equal length, each with its median gradient norm and loss."""
    rows = study.measured("curves", ("gradient_norm", "train_loss")).sort_values(["seed", "step"])
    last = rows.groupby("run_id")["step"].transform("max")
    stretch = (rows["step"] * _N_STRETCHES // (last + 1)).rename("stretch")
    medians = rows.groupby([rows["run_id"], stretch], sort=False)[["gradient_norm", "train_loss"]].median()
    whole = (run for _, run in medians.groupby("run_id", sort=False) if len(run) == _N_STRETCHES)
    return known(np.array([effect(run) for run in whole], dtype=float))


def decline(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Decades by which the gradient norm falls from the first tenth of the iterations to the last."""
    return _per_run(study, _decline)


def _decline(medians: pd.DataFrame) -> float:
    first, last = medians["gradient_norm"].iloc[[0, -1]]
    return math.log10(first / last) if min(first, last) > 0 else math.nan


def steadiness(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Share of the nine steps from one tenth to the next in which the gradient norm falls, less one half."""
    return _per_run(study, lambda medians: float((np.diff(medians["gradient_norm"]) < 0).mean()) - 1 / 2)


def together(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Rank correlation of gradient norm and loss over the tenths."""
    return _per_run(study, _correlation)


def _correlation(medians: pd.DataFrame) -> float:
    norm, loss = (medians[column].rank() for column in medians)
    return float(norm.corr(loss))


C4 = Claim(
    name="C4",
    words="the gradient norm has shown a steady decline […]. Concurrently, the training error has also been decreasing",
    reading="The gradient norm declines steadily as the loss declines.",
    figures=("gradient-norm", "gradient-norm-loss"),
    hypotheses=(
        Hypothesis(
            words="the gradient norm has shown a decline",
            statistic="geometric mean over seeds of the ratio of its medians, first to last tenth of the iterations",
            unit="gradient norm, first ÷ last tenth",
            scale="factor",
            matters=math.log10(2),
            figure="gradient-norm",
            sample=decline,
        ),
        Hypothesis(
            words="the decline is steady",
            statistic="mean over seeds of the share of steps from tenth to tenth in which the median falls, less one "
            "half (three in four is the least that is steady)",
            unit="share of steps beyond one half",
            scale="number",
            matters=1 / 4,
            figure="gradient-norm",
            sample=steadiness,
        ),
        Hypothesis(
            words="concurrently, the training error has also been decreasing",
            statistic="mean over seeds of the rank correlation of gradient norm and loss over the ten tenths",
            unit="rank correlation",
            scale="number",
            matters=1 / 2,
            figure="gradient-norm-loss",
            sample=together,
        ),
    ),
)

CLAIMS = (C4,)
