"""Curves over seeds: their median, and the band from the lowest to the highest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

MAX_POINTS = 1000
"""A band over seeds is evaluated at this many steps at most: more cannot be seen, and make pages heavy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Median, minimum and maximum over seeds at each x."""

    x: Float[np.ndarray, " point"]
    middle: Float[np.ndarray, " point"]
    low: Float[np.ndarray, " point"]
    high: Float[np.ndarray, " point"]
    n_seeds: int


def band(rows: pd.DataFrame, x: str, y: str) -> Band:
    """Median and range of y over runs, at every x that any of them has.

    Runs stored at other steps are interpolated linearly; one that ended early keeps its last value, so that the median
    stays that of the same runs throughout. Of one run, the band is the run's own points.
    """
    curves = [run.sort_values(x) for _, run in rows.dropna(subset=[x, y]).groupby("run_id", sort=False)]
    grid = np.unique(np.concatenate([curve[x].to_numpy(float) for curve in curves]))
    if len(curves) > 1 and len(grid) > MAX_POINTS:
        grid = grid[np.linspace(0, len(grid) - 1, MAX_POINTS).round().astype(int)]
    values = np.stack([np.interp(grid, curve[x].to_numpy(float), curve[y].to_numpy(float)) for curve in curves])
    return Band(
        x=grid, middle=np.median(values, axis=0), low=values.min(axis=0), high=values.max(axis=0), n_seeds=len(curves)
    )


def spread(rows: pd.DataFrame, x: str, y: str) -> Band:
    """Median and range of y over the runs at each x, each x by itself: nothing is read between them."""
    groups = rows.dropna(subset=[x, y]).groupby(x)[y]
    middle, low, high = groups.median(), groups.min(), groups.max()
    return Band(
        x=middle.index.to_numpy(float),
        middle=middle.to_numpy(float),
        low=low.to_numpy(float),
        high=high.to_numpy(float),
        n_seeds=int(groups.size().max()),
    )
