"""Curves over seeds: their median, the band of the middle half, that of all, and few runs one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from jaxtyping import Float

MAX_POINTS = 300
"""A band over seeds is evaluated at this many steps at most: more cannot be seen, and make pages heavy."""
FEW_RUNS = 5
"""Up to this many runs are drawn one by one; more are told by the middle half of them."""
MAX_RUN_POINTS = 240
"""A single run behind a band has this many points at most, for the same reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Median, quartiles and extremes over seeds at each x, and the single runs' own points if there are but a few."""

    x: Float[np.ndarray, " point"]
    middle: Float[np.ndarray, " point"]
    low: Float[np.ndarray, " point"]
    lower: Float[np.ndarray, " point"]
    upper: Float[np.ndarray, " point"]
    high: Float[np.ndarray, " point"]
    n_seeds: int
    runs: tuple[Float[np.ndarray, "2 point"], ...] = ()


def band(rows: pd.DataFrame, x: str, y: str) -> Band:
    """Median and range of y over runs, at every x that any of them has.

    Runs stored at other steps are interpolated linearly; one that ended early keeps its last value, so that the median
    stays that of the same runs throughout. Of one run, the band is the run's own points.
    """
    curves = [run.sort_values(x) for _, run in rows.dropna(subset=[x, y]).groupby("run_id", sort=False)]
    grid = np.unique(np.concatenate([curve[x].to_numpy(float) for curve in curves]))
    if len(curves) > 1 and len(grid) > MAX_POINTS:
        grid = grid[np.linspace(0, len(grid) - 1, MAX_POINTS).round().astype(int)]
    runs = [curve[[x, y]].to_numpy(float).T for curve in curves]
    values = np.stack([np.interp(grid, *run) for run in runs])
    return of_values(grid, values, tuple(map(thinned, runs)))


def of_values(
    x: Float[np.ndarray, " point"],
    values: Float[np.ndarray, "run point"],
    runs: Sequence[Float[np.ndarray, "2 point"]] = (),
) -> Band:
    """The band of values over runs."""
    low, lower, middle, upper, high = np.quantile(values, (0, 0.25, 0.5, 0.75, 1), axis=0)
    single = tuple(runs) if 1 < len(values) <= FEW_RUNS else ()
    return Band(x=x, middle=middle, low=low, lower=lower, upper=upper, high=high, n_seeds=len(values), runs=single)


def spread(rows: pd.DataFrame, x: str, y: str) -> Band:
    """Median and range of y over the runs at each x, each x by itself: nothing is read between them."""
    rows = rows.dropna(subset=[x, y])
    groups = rows.groupby(x)[y]
    quantiles = groups.quantile(np.array([0, 0.25, 0.5, 0.75, 1])).unstack()  # noqa: PD010 - a series' own
    low, lower, middle, upper, high = quantiles.to_numpy(float).T
    n_seeds = int(groups.size().max())
    return Band(
        x=quantiles.index.to_numpy(float),
        middle=middle,
        low=low,
        lower=lower,
        upper=upper,
        high=high,
        n_seeds=n_seeds,
        runs=tuple(rows[[x, y]].to_numpy(float)[..., np.newaxis]) if 1 < n_seeds <= FEW_RUNS else (),
    )


def thinned(run: Float[np.ndarray, "2 point"]) -> Float[np.ndarray, "2 fewer"]:
    """A curve with at most `MAX_RUN_POINTS` points: of each stretch along x its lowest and highest, and both ends."""
    n_points = run.shape[1]
    if n_points <= MAX_RUN_POINTS:
        return run
    edges = np.linspace(1, n_points - 1, MAX_RUN_POINTS // 2).round().astype(int)
    kept = [
        start + end(run[1, start:stop]) for start, stop in pairwise(edges.tolist()) for end in (np.argmin, np.argmax)
    ]
    return run[:, np.unique([0, *kept, n_points - 1])]
