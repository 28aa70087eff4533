"""C8 and C10: whether accuracy holds between the two ends of a line through weights, and collapses beyond."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.matters import OF_A_POINT, POINT
from jobs import Claim, Statement, StudyResults, known, middle

_ALLOWED = 0.01
_COLLAPSE = 0.1
_BEYOND = 1.5
_SPLITS = ("train_accuracy", "test_accuracy")


def _batches(expected: pd.DataFrame) -> pd.Series:
    return expected["batch_size_1"] != expected["batch_size_2"]


def _rates(expected: pd.DataFrame) -> pd.Series:
    return expected["learning_rate_1"] != expected["learning_rate_2"]


def _paths(study: StudyResults, of: Callable[[pd.DataFrame], pd.Series]) -> str:
    """Accuracies along the path, in a sentence: the lowest between the ends, and beyond."""
    ends = _along(study, of, lambda path: min(_at(path, s, end) for s in _SPLITS for end in (0, 1)))
    low = _along(study, of, lambda path: min(path[path["alpha"].between(0, 1)][s].min() for s in _SPLITS))
    return f"between the ends accuracy is never below {middle(100 * low)}%, at the worse end {middle(100 * ends)}%"


def _beyond(study: StudyResults, of: Callable[[pd.DataFrame], pd.Series]) -> str:
    at = [_along(study, of, partial(_at, split="test_accuracy", alpha=alpha)) for alpha in (1, _BEYOND)]
    return f"test accuracy goes from {middle(100 * at[0])}% at α = 1 to {middle(100 * at[1])}% at α = {_BEYOND}"


def _along(
    study: StudyResults, of: Callable[[pd.DataFrame], pd.Series], effect: Callable[[pd.DataFrame], float]
) -> Float[np.ndarray, " seed"]:
    """The effect of each run's path, by seed."""
    rows = study.where(of).measured("paths", _SPLITS).sort_values(["seed", "alpha"])
    return known(np.array([effect(run) for _, run in rows.groupby("run_id", sort=False)], dtype=float))


def _at(path: pd.DataFrame, split: str, alpha: float) -> float:
    """Accuracy at one α, linear between the α that were measured; NaN outside them."""
    return float(np.interp(alpha, path["alpha"], path[split], left=np.nan, right=np.nan))


def spared(path: pd.DataFrame) -> float:
    """Margin to the allowed loss of accuracy between the ends, for train or test, whichever loses more."""
    between = path[path["alpha"].between(0, 1)]
    lost = [min(_at(path, s, 0), _at(path, s, 1)) - between[s].min() for s in _SPLITS]
    return _ALLOWED - float(max(0, *lost))


def collapse(path: pd.DataFrame) -> float:
    """By how much accuracy at α = 1.5 is below that of end 2, for train or test, whichever loses less."""
    return min(_at(path, s, 1) - _at(path, s, _BEYOND) for s in _SPLITS)


def increase(path: pd.DataFrame) -> float:
    """By how much accuracy at α = 1.5 is above that of end 2, for train or test, whichever gains less."""
    return min(_at(path, s, _BEYOND) - _at(path, s, 1) for s in _SPLITS)


def _holds(name: str, of: Callable[[pd.DataFrame], pd.Series]) -> Statement:
    return Statement(
        words=f"different {name}: between the ends the accuracy holds",
        measure="1 percentage point (at an accuracy of 99%, twice the errors) less the median over seeds of how far "
        "accuracy at any 0 ≤ α ≤ 1 falls below the lower end, for train or test, whichever falls further",
        unit="to spare of the 1 point allowed",
        scale="points",
        matters=0.0,
        figure="path-accuracy",
        of=of,
        effect=lambda study: _along(study, of, spared),
        finding=partial(_paths, of=of),
    )


def _collapses(name: str, of: Callable[[pd.DataFrame], pd.Series]) -> Statement:
    return Statement(
        words=f"different {name}: near α = 1.5 the accuracy collapses",
        measure="median over seeds of the accuracy at end 2 less that at α = 1.5, for train or test, whichever falls "
        "less",
        unit="accuracy, α = 1 less α = 1.5",
        scale="points",
        matters=_COLLAPSE,
        because="10 points are the least that is a collapse",
        figure="path-accuracy",
        of=of,
        effect=lambda study: _along(study, of, collapse),
        finding=partial(_beyond, of=of),
    )


C8 = Claim(
    name="C8",
    words="for the models with different learning rates, the accuracy of both training and testing reduces to about "
    "1.5",
    figures=("path-accuracy", "path"),
    statements=(
        _holds("batch sizes", _batches),
        _collapses("batch sizes", _batches),
        _holds("learning rates", _rates),
        _collapses("learning rates", _rates),
    ),
)
C10 = Claim(
    name="C10",
    words="On the other hand, the graphs with an alpha value of 1.5 show an increase in accuracy",
    reading="With different batch sizes, accuracy is higher at α = 1.5 than at the end, α = 1.",
    figures=("path-accuracy",),
    statements=(
        Statement(
            words="different batch sizes: at α = 1.5 the accuracy is higher than at α = 1",
            measure="median over seeds of the accuracy at α = 1.5 less that at end 2, for train or test, whichever "
            "gains less",
            unit="accuracy, α = 1.5 less α = 1",
            scale="points",
            matters=POINT,
            because=OF_A_POINT,
            figure="path-accuracy",
            of=_batches,
            effect=lambda study: _along(study, _batches, increase),
            finding=partial(_beyond, of=_batches),
        ),
    ),
)

CLAIMS = (C8, C10)
