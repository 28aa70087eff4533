"""From rows to one number per seed: what runs of a seed are set against each other, and effects of one kind."""

import math

import numpy as np
import pandas as pd
from jaxtyping import Float

from analysis.names import number

TENTH = math.log10(1.1)
"""Smallest ratio of losses or of iterations that matters, as log10: a tenth more."""
UNSEEN = "a smaller ratio is not seen in the figures"
"""Reason for that number."""


def per_seed(rows: pd.DataFrame, setting: pd.Series, value: str) -> pd.DataFrame:
    """A value by seed and setting: runs that share a seed stand in one row; NaN where a run is missing."""
    named = rows.assign(setting=setting)
    # Strict where `pivot_table` would average two runs of one setting and seed.
    return named.pivot(index="seed", columns="setting", values=value).sort_index()  # noqa: PD010


def column(wide: pd.DataFrame, setting: object) -> Float[np.ndarray, " seed"]:
    """One setting's values, NaN where none of its runs is there."""
    return wide[setting].to_numpy(float) if setting in wide else np.full(len(wide), np.nan)


def last(curves: pd.DataFrame, value: str) -> pd.DataFrame:
    """The last row of each run in which the value was measured."""
    return curves.dropna(subset=[value]).sort_values("step").groupby("run_id", sort=False).tail(1)


def decades(larger: Float[np.ndarray, " seed"], smaller: Float[np.ndarray, " seed"]) -> Float[np.ndarray, " seed"]:
    """log10(larger / smaller): positive where the statement is right about which one is larger."""
    positive = (larger > 0) & (smaller > 0)
    return known(np.log10(larger[positive] / smaller[positive]))


def known(effects: Float[np.ndarray, " seed"]) -> Float[np.ndarray, " seed"]:
    """The effects of those seeds whose runs are all there."""
    finite: Float[np.ndarray, " seed"] = effects[np.isfinite(effects)]
    return finite


def slopes(wide: pd.DataFrame) -> Float[np.ndarray, " seed"]:
    """Each seed's growth for every tenfold setting: slope of the least-squares line over log10 of the columns."""
    x = np.log10(wide.columns.to_numpy(float))
    x -= x.mean()
    return known(wide.to_numpy(float) @ x / (x @ x)) if len(x) > 1 else np.empty(0)


def middle(values: Float[np.ndarray, " seed"]) -> str:
    """The median of what is known, for a sentence."""
    finite = known(np.asarray(values, float))
    return number(float(np.median(finite)), 3).replace("-", "\N{MINUS SIGN}") if len(finite) else "–"


def first_below(curves: pd.DataFrame, value: str, level: float) -> pd.Series:
    """The first recorded step at which a value is at most `level`, by run; NaN for runs that never get there."""
    below = curves[curves[value] <= level]
    return below.groupby("run_id")["step"].min().reindex(curves["run_id"].unique()).astype(float)


def sooner(
    slow: Float[np.ndarray, " seed"], fast: Float[np.ndarray, " seed"], cap: float
) -> Float[np.ndarray, "seed 2"]:
    """Least and greatest log10(slow / fast) of the steps that two runs take, of which NaN took more than `cap`.

    Where only the slow one was cut, the ratio is at least cap / fast; where both were, nothing is known of it.
    """
    least = np.log10(np.where(np.isnan(slow), cap, slow)) - np.where(np.isnan(fast), np.inf, np.log10(fast))
    greatest = np.where(np.isnan(slow), np.inf, np.log10(slow)) - np.log10(np.where(np.isnan(fast), cap, fast))
    both = np.isnan(slow) & np.isnan(fast)
    return np.column_stack([np.where(both, -np.inf, least), np.where(both, np.inf, greatest)])
