"""C5: whether a higher minimal ratio goes with a lower loss, over all networks and among those that learned."""

from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.studies.minimal_ratio.alive import is_alive
from jobs import CORRELATION, Claim, Statement, StudyResults, middle

_EXPLORED = 200


def _met(study: StudyResults) -> pd.DataFrame:
    runs = study.measured("runs", ("minimal_ratio", "train_loss")).sort_values("seed")
    return runs[runs["converged"].isin([True])]


def ratio_and_loss(study: StudyResults, *, alive: bool = False) -> Float[np.ndarray, "run 2"]:
    """Minimal ratio and negative loss of every run whose gradient norm fell below the threshold, by seed."""
    met = _met(study)
    met = met[is_alive(met["train_loss"])] if alive else met
    return np.column_stack([met["minimal_ratio"].to_numpy(float), -met["train_loss"].to_numpy(float)])


def _kinds(study: StudyResults) -> str:
    met = _met(study)
    alive = is_alive(met["train_loss"])
    each = [f"{middle(met[of][column].to_numpy(float))}" for of in (alive, ~alive) for column in _SHOWN]
    return (
        f"{(~alive).sum()} of {len(met)} networks are dead (they give a constant: ratio {each[2]}, loss {each[3]}); "
        f"the others have a ratio of {each[0]} and a loss of {each[1]}"
    )


def _living(study: StudyResults) -> str:
    rank = CORRELATION.interval(ratio_and_loss(study, alive=True), 1 / 2).effect
    return f"among the living networks ratio and loss have a rank correlation of {middle(np.array([-rank]))}"


_SHOWN = ("minimal_ratio", "train_loss")
_OVER = (
    "Spearman's rank correlation of minimal ratio and negative loss over the runs whose gradient norm fell below the "
)
C5 = Claim(
    name="C5",
    words="greater minimal ratios are typically correlated with lower loss values",
    reading="A higher minimal ratio goes with a lower loss, over all networks and also among those that are not dead: "
    "a dead network gives a constant, whatever its input.",
    figures=("minimal-ratio",),
    statements=(
        Statement(
            words="over all networks, greater minimal ratios go with lower loss values",
            measure=f"{_OVER}threshold (each run has a seed of its own)",
            unit="rank correlation",
            matters=0.3,
            because="a smaller correlation cannot be seen in the plot",
            figure="minimal-ratio",
            effect=ratio_and_loss,
            finding=_kinds,
            weighed=CORRELATION,
        ),
        Statement(
            words="among living networks, greater minimal ratios go with lower loss values",
            measure=f"{_OVER}threshold and whose loss is below half of f1's variance",
            unit="rank correlation, living networks",
            matters=0.3,
            because="a smaller correlation cannot be seen in the plot",
            figure="minimal-ratio",
            effect=partial(ratio_and_loss, alive=True),
            finding=_living,
            weighed=CORRELATION,
            explored=_EXPLORED,
        ),
    ),
)

CLAIMS = (C5,)
