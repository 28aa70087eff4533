"""C6: whether on random labels the training loss falls while the test loss rises."""

import numpy as np
from jaxtyping import Float

from analysis.claims.seeds import known, per_seed
from analysis.claims.statement import Claim, Hypothesis
from analysis.frames import StudyResults
from hw1.matters import HUNDREDTH_OF_A_GUESS


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
    words="it attempts to memorize these labels, resulting in a decrease in training loss. However, the test loss "
    "continues to rise over time",
    reading="On random labels the training loss falls while the test loss rises.",
    figures=("random-labels",),
    hypotheses=(
        Hypothesis(
            words="a decrease in training loss",
            statistic="mean over seeds of the loss after the first epoch less that after the last",
            unit="train loss, first − last epoch",
            scale="number",
            matters=HUNDREDTH_OF_A_GUESS,
            figure="random-labels",
            sample=lambda study: -change(study, "train_loss", since=0),
        ),
        Hypothesis(
            words="the test loss rises",
            statistic="mean over seeds of the loss after the last epoch less that after the first",
            unit="test loss, last − first epoch",
            scale="number",
            matters=HUNDREDTH_OF_A_GUESS,
            figure="random-labels",
            sample=lambda study: change(study, "test_loss", since=0),
        ),
        Hypothesis(
            words="the rise continues over time",
            statistic="mean over seeds of the loss after the last epoch less that half way through",
            unit="test loss, last − middle epoch",
            scale="number",
            matters=HUNDREDTH_OF_A_GUESS,
            figure="random-labels",
            sample=lambda study: change(study, "test_loss", since=1 / 2),
        ),
    ),
)

CLAIMS = (C6,)
