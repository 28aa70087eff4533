"""C7: whether train and test part as networks grow, and whether the test loss settles first."""

import math
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.matters import HUNDREDTH_OF_A_GUESS, OF_A_GUESS, OF_A_POINT, POINT
from jobs import TENTH, UNSEEN, Claim, Statement, StudyResults, column, decades, known, middle, per_seed, slopes

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


def risen(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Ratio of the largest network's test loss to the least of all smaller ones."""
    values = _per_size(study, "test_loss")
    if values.shape[1] <= 1:
        return np.empty(0)
    return decades(values.iloc[:, -1].to_numpy(float), values.iloc[:, :-1].min(axis=1).to_numpy(float))


def _least(study: StudyResults) -> str:
    values = _per_size(study, "test_loss")
    at = values.columns.to_numpy(float)[np.argmin(values.to_numpy(float), axis=1)] if len(values) else []
    largest = middle(column(values, values.columns[-1]))
    return f"the test loss is least at {middle(np.array(at))} parameters; the largest network ends at {largest}"


def _gaps(study: StudyResults, larger: str, smaller: str, name: str) -> str:
    gaps = _per_size(study, larger).sub(_per_size(study, smaller))
    small, large = (f"{size:,}" for size in (gaps.columns[0], gaps.columns[-1]))
    first, end = (middle(gaps.iloc[:, at].to_numpy(float)) for at in (0, -1))
    return f"the {name} gap goes from {first} with {small} parameters to {end} with {large}"


def _sizes(study: StudyResults, measure: str, name: str) -> str:
    own, test = (middle(10 ** settled(study, each).to_numpy(float)) for each in (measure, "test_loss"))
    return f"the test loss settles from {test} parameters on, {name} from {own}"


def _widens(measure: str, larger: str, smaller: str, *, matters: float) -> Statement:
    return Statement(
        words=f"the gap in {measure} between train and test widens as the number of parameters increases",
        measure="median over seeds of the slope of the final gap over log10 of the number of parameters",
        unit=f"{measure} gap, for every tenfold number of parameters",
        scale="points" if measure == "accuracy" else "number",
        matters=matters,
        because=OF_A_POINT if measure == "accuracy" else OF_A_GUESS,
        finding=partial(_gaps, larger=larger, smaller=smaller, name=measure),
        figure="parameters-accuracy" if measure == "accuracy" else "parameters-loss",
        effect=lambda study: widening(study, larger, smaller),
    )


def _settles(name: str, measure: str) -> Statement:
    return Statement(
        words=f"the test loss tends to stabilize much earlier than {name}",
        measure="median over seeds of the ratio of the numbers of parameters from which on each stays within "
        "a tenth of its range of its last value",
        unit=f"parameters, {name} ÷ test loss",
        scale="factor",
        matters=math.log10(2),
        because="twice as many parameters is the least that is much earlier",
        finding=partial(_sizes, measure=measure, name=name),
        figure="parameters-accuracy" if "accuracy" in measure else "parameters-loss",
        effect=lambda study: earlier(study, measure),
    )


C7 = Claim(
    name="C7",
    words="the disparity between test loss and accuracy for both training and testing becomes widened. The "
    "test loss tends to stabilize much earlier than accuracy or training loss. This occurs because the model has more "
    "parameters to learn from, leading to overfitting.",
    reading="The gap between train and test grows with the number of parameters; test loss settles before accuracy "
    "and training loss; and the largest network's test loss is above that of a smaller one.",
    figures=("parameters-loss", "parameters-accuracy"),
    statements=(
        _widens("loss", "test_loss", "train_loss", matters=HUNDREDTH_OF_A_GUESS),
        _widens("accuracy", "train_accuracy", "test_accuracy", matters=POINT),
        _settles("test accuracy", "test_accuracy"),
        _settles("training loss", "train_loss"),
        Statement(
            words="more parameters lead to overfitting: the test loss rises again",
            measure="median over seeds of the ratio of the largest network's final test loss to the least of all "
            "smaller ones",
            unit="test loss, largest ÷ best smaller network",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="parameters-loss",
            effect=risen,
            finding=_least,
            explored=5,
        ),
    ),
)

CLAIMS = (C7,)
