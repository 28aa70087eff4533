"""Which rows of the table `sharpness` are set against each other."""

import numpy as np
import pandas as pd

from jobs import StudyResults

EPSILON = {"keskar": 1e-3, "adaptive": 1e-2}
"""The box, of either kind, whose sharpness is compared over batch sizes and rescalings."""


def around(study: StudyResults, box: str, *, factor: float | None = None, epsilon: float | None = None) -> pd.DataFrame:
    """Finite rows of one kind of box; where given, of one factor of rescaling and one size."""
    rows = study.measured("sharpness", ("sharpness",))
    chosen = rows["box"] == box
    if factor is not None:
        chosen &= rows["factor"] == factor
    if epsilon is not None:
        chosen &= np.isclose(rows["epsilon"].astype(float), epsilon, rtol=1e-9, atol=0)
    return rows[chosen]
