"""C5: whether a higher minimal ratio goes with a lower loss."""

import numpy as np
from jaxtyping import Float

from analysis.claims.correlation import of_correlation
from analysis.claims.statement import Claim, Hypothesis
from analysis.frames import StudyResults


def ratio_and_loss(study: StudyResults) -> Float[np.ndarray, "run 2"]:
    """Minimal ratio and negative loss of every run whose gradient norm fell below the threshold, by seed."""
    runs = study.measured("runs", ("minimal_ratio", "train_loss")).sort_values("seed")
    met = runs[runs["converged"].isin([True])]
    return np.column_stack([met["minimal_ratio"].to_numpy(float), -met["train_loss"].to_numpy(float)])


C5 = Claim(
    name="C5",
    words="greater minimal ratios are typically correlated with lower loss values",
    reading="A higher minimal ratio goes with a lower loss.",
    figures=("minimal-ratio",),
    hypotheses=(
        Hypothesis(
            words="greater minimal ratios are correlated with lower loss values",
            statistic="Spearman's rank correlation of minimal ratio and negative loss over the runs whose gradient "
            "norm fell below the threshold (each run has a seed of its own)",
            unit="rank correlation",
            scale="number",
            matters=0.3,
            figure="minimal-ratio",
            sample=ratio_and_loss,
            weigh=of_correlation,
        ),
    ),
)

CLAIMS = (C5,)
