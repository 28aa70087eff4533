"""E9: whether LeNet fits corrupted labels, and what that costs in epochs and in generalisation."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.matters import OF_A_POINT, POINT
from jobs import TENTH, UNSEEN, Claim, Share, Statement, StudyResults, column, decades, known, middle, per_seed

_EXPLORED = 8


def _per_fraction(study: StudyResults, values: pd.Series) -> pd.DataFrame:
    """A value by seed and fraction, of the seeds with which every fraction was trained."""
    runs = study.runs
    fractions = sorted(study.expected["fraction"].unique())
    return per_seed(runs.assign(value=values), runs["fraction"], "value").reindex(columns=fractions).dropna()


def _epochs(study: StudyResults) -> pd.DataFrame:
    return _per_fraction(study, study.runs["n_steps"].astype(float))


def fitted(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """1 for each seed with which every fraction is fitted before the epochs end."""
    return (_epochs(study).max(axis=1).to_numpy(float) < float(study.expected["epochs"].max())).astype(float)


def slower(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Ratio of the fewest epochs that any fraction of corrupted labels takes to those that true labels take."""
    wide = _epochs(study)
    return decades(wide.drop(columns=0.0, errors="ignore").min(axis=1).to_numpy(float), column(wide, 0.0))


def faster_again(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Ratio of the epochs that random labels take to those of labels corrupted by a quarter."""
    wide = _epochs(study)
    return decades(column(wide, 0.25), column(wide, 1.0))


def _told(study: StudyResults) -> str:
    wide = _epochs(study)
    each = ", ".join(f"{middle(wide[fraction].to_numpy(float))} ({fraction:.0%})" for fraction in wide)
    return f"epochs to fit, by the share of labels corrupted: {each}"


def _gap(study: StudyResults) -> str:
    wide = _per_fraction(study, study.runs["train_accuracy"] - study.runs["test_accuracy"])
    first, end = (middle(100 * column(wide, fraction)) for fraction in (0.0, 1.0))
    return f"test error is {first} points above train error with true labels, {end} with random ones"


def _growth(values: pd.DataFrame) -> Float[np.ndarray, " seed"]:
    """Growth from true to random labels: slope of the least-squares line over the fraction."""
    x = values.columns.to_numpy(float, copy=True)
    x -= x.mean()
    return known(values.to_numpy(float) @ x / (x @ x)) if len(x) > 1 else np.empty(0)


def widening(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Growth of test error less train error."""
    runs = study.runs
    return _growth(_per_fraction(study, runs["train_accuracy"] - runs["test_accuracy"]))


E9 = Claim(
    name="E9",
    words="LeNet fits 2,000 images however many of their labels are corrupted; corrupted labels cost epochs, but "
    "all of them fewer than a quarter, while the gap to the test images widens",
    reading="Zhang et al. 2017 found for larger networks on CIFAR-10 that the time to fit grows with the corruption. "
    "Here LeNet has 2,000 images to fit, and a run ends once it fits 99.9% of them; the train error is on the "
    "corrupted labels, the test error on true ones.",
    figures=("corrupted-labels", "corruption-costs"),
    quoted=False,
    statements=(
        Statement(
            words="LeNet fits every fraction of corrupted labels before its epochs end",
            measure="share of seeds with which a run of every fraction ends before the 150 epochs that it may take, "
            "less one half",
            unit="share of seeds beyond one half",
            scale="points",
            matters=0.0,
            figure="corrupted-labels",
            effect=fitted,
            finding=_told,
            weighed=Share(counts="seeds"),
        ),
        Statement(
            words="corrupted labels take more epochs to fit than true ones",
            measure="median over seeds of the ratio of epochs to fit, the fraction of corrupted labels that takes "
            "fewest to none",
            unit="epochs to fit, fewest of any corrupted ÷ true labels",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="corruption-costs",
            effect=slower,
            finding=_told,
            explored=_EXPLORED,
        ),
        Statement(
            words="random labels take fewer epochs than labels of which a quarter are corrupted",
            measure="median over seeds of the ratio of epochs to fit, a quarter corrupted to all",
            unit="epochs to fit, a quarter ÷ all corrupted",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="corruption-costs",
            effect=faster_again,
            finding=_told,
            explored=_EXPLORED,
        ),
        Statement(
            words="the generalisation gap grows with the fraction",
            measure="median over seeds of the growth from no to all labels corrupted: slope of test error less train "
            "error after the last epoch over the fraction",
            unit="test − train error, all − no labels corrupted",
            scale="points",
            matters=POINT,
            because=OF_A_POINT,
            figure="corruption-costs",
            effect=widening,
            finding=_gap,
        ),
    ),
)

CLAIMS = (E9,)
