"""C7: whether train and test part as networks grow, and whether the test loss settles first."""

import math

import numpy as np
import pandas as pd
from jaxtyping import Float

from analysis.claims.seeds import known, per_seed, slopes
from analysis.claims.statement import Claim, Hypothesis
from analysis.frames import StudyResults
from hw1.matters import HUNDREDTH_OF_A_GUESS, POINT

_NEAR = 0.1


def _per_size(study: StudyResults, measure: str) -> pd.DataFrame:
    """Final values by seed and number of parameters, of the seeds with which every model was trained."""
    runs = study.runs
    sizes = sorted(study.expected["n_params"].unique())
    return per_seed(runs, runs["n_params"], measure).reindex(columns=sizes).dropna()


def widening(study: StudyResults, larger: str, smaller: str) -> Float[np.ndarray, " seed"]:
    """Growth of a gap for every tenfold number of parameters."""
    return slopes(_per_size(study, larger).sub(_per_size(study, smaller)).dropna())


def settled(study: StudyResults, measure: str) -> pd.Series:
    """log10 of the number of parameters from which on a measure stays within a tenth of its range of its last value."""
    values = _per_size(study, measure)
    away = values.sub(values.iloc[:, -1], axis=0).abs()
    far = away.gt(_NEAR * (values.max(axis=1) - values.min(axis=1)), axis=0).to_numpy()
    n_before = far.shape[1] - np.argmax(far[:, ::-1], axis=1)
    first = np.where(far.any(axis=1), n_before, 0)
    return pd.Series(np.log10(values.columns.to_numpy(float))[first], index=values.index)


def earlier(study: StudyResults, measure: str) -> Float[np.ndarray, " seed"]:
    """Decades of parameters by which the test loss settles before another measure."""
    return known((settled(study, measure) - settled(study, "test_loss")).to_numpy(float))


def _widens(measure: str, larger: str, smaller: str, *, matters: float) -> Hypothesis:
    return Hypothesis(
        words=f"the gap in {measure} between train and test widens as the number of parameters increases",
        statistic="mean over seeds of the slope of the final gap over log10 of the number of parameters",
        unit=f"{measure} gap, for every tenfold number of parameters",
        scale="points" if measure == "accuracy" else "number",
        matters=matters,
        figure="parameters-accuracy" if measure == "accuracy" else "parameters-loss",
        sample=lambda study: widening(study, larger, smaller),
    )


def _settles(name: str, measure: str) -> Hypothesis:
    return Hypothesis(
        words=f"the test loss tends to stabilize much earlier than {name}",
        statistic="geometric mean over seeds of the ratio of the numbers of parameters from which on each stays within "
        "a tenth of its range of its last value (twice as many is the least that is much)",
        unit=f"parameters, {name} ÷ test loss",
        scale="factor",
        matters=math.log10(2),
        figure="parameters-accuracy" if "accuracy" in measure else "parameters-loss",
        sample=lambda study: earlier(study, measure),
    )


C7 = Claim(
    name="C7",
    words="the disparity between test loss and accuracy for both training and testing becomes widened. The "
    "test loss tends to stabilize much earlier than accuracy or training loss.",
    reading="The gap between train and test grows with the number of parameters; test loss settles before accuracy "
    "and training loss.",
    figures=("parameters-loss", "parameters-accuracy"),
    hypotheses=(
        _widens("loss", "test_loss", "train_loss", matters=HUNDREDTH_OF_A_GUESS),
        _widens("accuracy", "train_accuracy", "test_accuracy", matters=POINT),
        _settles("test accuracy", "test_accuracy"),
        _settles("training loss", "train_loss"),
    ),
)

CLAIMS = (C7,)
