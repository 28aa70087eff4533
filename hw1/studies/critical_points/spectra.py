"""Shares of a Hessian's eigenvalues that count as positive or negative, by what counts as zero."""

import math

import numpy as np
import pandas as pd
from jaxtyping import Float

ROUNDING = 1e-12
"""Computed eigenvalues are off by about pε of the largest absolute one, 1e-13 for 572 parameters in float64: below this
share of it, an eigenvalue has no known sign."""
TOLERANCE = 1e-9
"""Share of the largest absolute eigenvalue up to which an eigenvalue counts as zero where one tolerance is shown."""
FLAT_ABOVE = 0.9
"""Frye et al. 2021 call a point gradient-flat if more than this share of the gradient's norm is out of reach of a
Newton step, because it lies in the Hessian's kernel."""
FLAT_BELOW = math.sqrt(1 - FLAT_ABOVE**2)
"""Then ‖Hg‖ is at most ‖H‖ times the norm of the rest: a larger ‖Hg‖/(‖H‖‖g‖) than this rules a flat point out."""


def relative(rows: pd.DataFrame) -> Float[np.ndarray, "row p"]:
    """Each row's `eigenvalues` over the largest absolute one of them."""
    values = np.stack([np.asarray(row, float) for row in rows["eigenvalues"]])
    return np.asarray(values / np.abs(values).max(axis=1, keepdims=True))


def positive(rows: pd.DataFrame, tolerance: float) -> Float[np.ndarray, " row"]:
    """Share of eigenvalues above so much of the largest absolute one: at 0, the minimal ratio."""
    return np.asarray((relative(rows) > tolerance).mean(axis=1))


def negative(rows: pd.DataFrame, tolerance: float) -> Float[np.ndarray, " row"]:
    """Share of eigenvalues below minus so much of the largest absolute one: at 0, the index over p."""
    return np.asarray((relative(rows) < -tolerance).mean(axis=1))
