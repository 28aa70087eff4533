"""C4: whether the gradient norm declines steadily, and the loss with it."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from jobs import Claim, Statement, StudyResults, known, middle

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


def later(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Decades by which it falls after the first tenth: from the second tenth to the last."""
    return _per_run(study, lambda medians: _decline(medians.iloc[1:]))


def _norms(study: StudyResults) -> str:
    first, second, end = (middle(_per_run(study, partial(_at, tenth=tenth))) for tenth in (0, 1, -1))
    return f"the gradient norm is {first} in the first tenth, {second} in the second and {end} in the last"


def _at(medians: pd.DataFrame, tenth: int) -> float:
    return float(medians["gradient_norm"].iloc[tenth])


def _steps(study: StudyResults) -> str:
    share = steadiness(study) + 1 / 2
    return f"the gradient norm falls in {middle(share * (_N_STRETCHES - 1))} of nine steps from tenth to tenth"


def _together(study: StudyResults) -> str:
    return f"gradient norm and loss have a rank correlation of {middle(together(study))} over the ten tenths"


C4 = Claim(
    name="C4",
    words="the gradient norm has shown a steady decline […]. Concurrently, the training error has also been decreasing",
    reading="The gradient norm declines steadily as the loss declines.",
    figures=("gradient-norm", "gradient-norm-loss"),
    statements=(
        Statement(
            words="the gradient norm has shown a decline",
            measure="median over seeds of the ratio of its medians, first to last tenth of the iterations",
            unit="gradient norm, first ÷ last tenth",
            scale="factor",
            matters=math.log10(2),
            because="less than half is within the norm's own ups and downs",
            figure="gradient-norm",
            effect=decline,
            finding=_norms,
        ),
        Statement(
            words="the decline is steady",
            measure="median over seeds of the share of steps from tenth to tenth in which the median falls, less one "
            "half",
            unit="share of steps beyond one half",
            scale="number",
            matters=1 / 4,
            because="falling in three steps of four is the least that is steady",
            figure="gradient-norm",
            effect=steadiness,
            finding=_steps,
        ),
        Statement(
            words="the decline goes on after the first tenth of the iterations",
            measure="median over seeds of the ratio of its medians, second to last tenth of the iterations",
            unit="gradient norm, second ÷ last tenth",
            scale="factor",
            matters=math.log10(2),
            because="less than half is within the norm's own ups and downs",
            figure="gradient-norm",
            effect=later,
            finding=_norms,
            explored=20,
        ),
        Statement(
            words="concurrently, the training error has also been decreasing",
            measure="median over seeds of the rank correlation of gradient norm and loss over the ten tenths",
            unit="rank correlation",
            scale="number",
            matters=1 / 2,
            because="half is the least that is going together",
            figure="gradient-norm-loss",
            effect=together,
            finding=_together,
        ),
    ),
)

CLAIMS = (C4,)
