"""C6: whether on random labels the training loss falls while the test loss rises."""

from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.matters import HUNDREDTH_OF_A_GUESS, OF_A_GUESS
from jobs import TENTH, UNSEEN, Claim, Statement, StudyResults, column, decades, known, middle, per_seed


def _went(study: StudyResults, loss: str, name: str) -> str:
    curves = study.table("curves")
    wide = per_seed(curves, curves["step"], loss).dropna()
    half = wide.shape[1] // 2
    first, between, end = (middle(wide.iloc[:, at].to_numpy(float)) for at in (0, half, -1))
    return f"on random labels the {name} goes from {first} (first epoch) over {between} (half way) to {end}"


def _epochs(study: StudyResults) -> pd.DataFrame:
    """Epochs to fit, by seed, of true and of random labels."""
    runs = study.runs
    return per_seed(runs, runs["fraction"], "n_steps").reindex(columns=[0.0, 1.0]).astype(float).dropna()


def slower(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Ratio of the epochs that random labels take to those that true labels take."""
    wide = _epochs(study)
    return decades(column(wide, 1.0), column(wide, 0.0))


def _slower(study: StudyResults) -> str:
    wide = _epochs(study)
    true, drawn = (middle(column(wide, fraction)) for fraction in (0.0, 1.0))
    return f"2,000 images with random labels take {drawn} epochs to fit, with true ones {true}"


def change(study: StudyResults, loss: str, *, since: float) -> Float[np.ndarray, " seed"]:
    """By how much a loss rises from one epoch (as a fraction of the way from the first to the last) to the last."""
    curves = study.table("curves")
    wide = per_seed(curves, curves["step"], loss).dropna()
    if wide.shape[1] <= 1:
        return np.empty(0)
    epochs = wide.to_numpy(float)
    return known(epochs[:, -1] - epochs[:, int(since * (wide.shape[1] - 1))])


C6 = Claim(
    name="C6",
    words="The model is trained on randomly assigned labels, which slows down the training process. […] it attempts "
    "to memorize these labels, resulting in a decrease in training loss. However, the test loss continues to rise over "
    "time",
    reading="On random labels the training loss falls while the test loss rises; and to fit them takes longer than to "
    "fit true ones, which is told by LeNet on 2,000 images (corrupted labels, below).",
    figures=("random-labels",),
    statements=(
        Statement(
            words="random labels slow training down",
            effect=slower,
            unit="epochs to fit, random ÷ true labels",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            measure="median over seeds of the ratio of epochs until 99.9% of 2,000 images are fitted, all labels drawn "
            "at random to none",
            finding=_slower,
            figure="random-labels",
            study="corruption",
            explored=8,
        ),
        Statement(
            words="a decrease in training loss",
            measure="median over seeds of the loss after the first epoch less that after the last",
            unit="train loss, first − last epoch",
            scale="number",
            matters=HUNDREDTH_OF_A_GUESS,
            because=OF_A_GUESS,
            figure="random-labels",
            effect=lambda study: -change(study, "train_loss", since=0),
            finding=partial(_went, loss="train_loss", name="train loss"),
        ),
        Statement(
            words="the test loss rises",
            measure="median over seeds of the loss after the last epoch less that after the first",
            unit="test loss, last − first epoch",
            scale="number",
            matters=HUNDREDTH_OF_A_GUESS,
            because=OF_A_GUESS,
            figure="random-labels",
            effect=lambda study: change(study, "test_loss", since=0),
            finding=partial(_went, loss="test_loss", name="test loss"),
        ),
        Statement(
            words="the rise continues over time",
            measure="median over seeds of the loss after the last epoch less that half way through",
            unit="test loss, last − middle epoch",
            scale="number",
            matters=HUNDREDTH_OF_A_GUESS,
            because=OF_A_GUESS,
            figure="random-labels",
            effect=lambda study: change(study, "test_loss", since=1 / 2),
            finding=partial(_went, loss="test_loss", name="test loss"),
        ),
    ),
)

CLAIMS = (C6,)
