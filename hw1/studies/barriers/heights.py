"""Heights along lines through weights: barriers between two ends, and rises on the way."""

import numpy as np
import pandas as pd
from jaxtyping import Float


def error(rows: pd.DataFrame, split: str) -> pd.Series:
    """The fraction of images that are classified wrong."""
    return 1 - rows[f"{split}_accuracy"]


def barrier(
    alpha: Float[np.ndarray, " alpha"], values: Float[np.ndarray, " alpha"], ends: tuple[float, float]
) -> float:
    """Heights by which values between two ends exceed the straight line between the ends' values; 0 if nowhere.

    Frankle et al. 2020 (arXiv:1912.05671) subtract the mean of both ends' errors instead: the same where the ends are
    equally good, but of ends that are not it would call half their difference a barrier.

    Args:
        alpha: Places on the line, any order; those outside 0 to 1 do not count.
        values: Loss or error there.
        ends: The value at α = 0 and at α = 1.

    Returns:
        The height, in the values' own unit.
    """
    inside = (alpha >= 0) & (alpha <= 1)
    straight = (1 - alpha) * ends[0] + alpha * ends[1]
    return float(max(0.0, *(values - straight)[inside]))


def rise(alpha: Float[np.ndarray, " alpha"], values: Float[np.ndarray, " alpha"]) -> float:
    """The largest amount by which a value between 0 and 1 is above one before it: 0 where values fall all the way."""
    order = np.argsort(alpha)
    inside = values[order][(alpha[order] >= 0) & (alpha[order] <= 1)]
    return float((inside - np.minimum.accumulate(inside)).max())


def of_line(line: pd.DataFrame, values: pd.Series) -> float:
    """The barrier of one line whose ends are among its rows."""
    by_alpha = pd.Series(values.to_numpy(float), index=line["alpha"].to_numpy(float))
    ends = float(by_alpha.loc[0.0]), float(by_alpha.loc[1.0])
    return barrier(by_alpha.index.to_numpy(float), by_alpha.to_numpy(float), ends)
