"""Exact intervals of counts, of numbers of runs that were fixed beforehand: of a share, and of two shares' distance.

A sample is one row of counts, so that there is one look at it: when all of its runs are there.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float

from analysis.claims.intervals import Interval

_NUISANCE = 1 / 50
"""Part of the level that is the chance that the second share lies outside the values tried; added to every p-value."""
_N_TRIED = 21
_HALVINGS = 18
_NONE = Interval(effect=math.nan, low=-math.inf, high=math.inf, n=0)


@dataclass(frozen=True, slots=True)
class Counted:
    """The share of runs that meet a condition, less `beyond`. A sample: the runs that meet it, and all runs."""

    beyond: float
    counts: str = "runs"

    def interval(self, sample: Float[np.ndarray, "..."], level: float) -> Interval:
        """Shares that neither tail of the binomial distribution rejects."""
        if not len(sample):
            return _NONE
        n_met, n = map(int, sample[0])
        low, high = share(n_met, n, level)
        beyond = self.beyond
        return Interval(effect=n_met / n - beyond, low=low - beyond, high=high - beyond, n=n, n_for=n_met)

    def continued(self, sample: Float[np.ndarray, "..."], n: int) -> Float[np.ndarray, "..."]:
        """The same share, as near as `n` runs come to it."""
        n_met, n_runs = sample[0]
        return np.array([[round(n * n_met / n_runs), n]], float)


@dataclass(frozen=True, slots=True)
class Agreement:
    """The distance of two shares, as what it spares of `within`: above 0 where they agree.

    A sample: runs that meet a condition, all runs, and the same of those that they are compared with. Each side of the
    interval is at the level, since shares can be too far apart on one side only.
    """

    within: float
    counts: str = "runs"

    def interval(self, sample: Float[np.ndarray, "..."], level: float) -> Interval:
        """From the differences that an exact test does not reject."""
        if not len(sample):
            return _NONE
        n_met, n, n_met_2, n_2 = map(int, sample[0])
        low, high = difference(n_met, n, n_met_2, n_2, level=level)
        far, near = max(abs(low), abs(high)), max(low, -high, 0.0)
        effect = self.within - abs(n_met / n - n_met_2 / n_2)
        return Interval(effect=effect, low=self.within - far, high=self.within - near, n=n)

    def continued(self, sample: Float[np.ndarray, "..."], n: int) -> Float[np.ndarray, "..."]:
        """The same share of `n` runs, beside the same other ones."""
        n_met, n_runs, *others = sample[0]
        return np.array([[round(n * n_met / n_runs), n, *others]], float)


@cache
def share(n_met: int, n: int, level: float) -> tuple[float, float]:
    """The shares that are not rejected if `n_met` of `n` runs meet a condition.

    References:
        Clopper & Pearson 1934, Biometrika 26(4).
    """
    return _least(n_met, n, level / 2), 1 - _least(n - n_met, n, level / 2)


@cache
def difference(n_met: int, n: int, n_met_2: int, n_2: int, *, level: float) -> tuple[float, float]:
    """The differences of two shares, first less second, that are not rejected; each side at the level.

    Exact for both numbers of runs: a p-value is the largest over the second share's values, of those that its own
    interval leaves.

    References:
        Berger & Boos 1994, Journal of the American Statistical Association 89(427).
    """
    return -_greatest(n_met_2, n_2, n_met, n, level), _greatest(n_met, n, n_met_2, n_2, level)


def _greatest(n_met: int, n: int, n_met_2: int, n_2: int, level: float) -> float:
    """The largest difference for which one as small as the one seen is not too rare."""
    outside, seen = _NUISANCE * level, n_met / n - n_met_2 / n_2
    tried = np.linspace(*share(n_met_2, n_2, outside), _N_TRIED)
    most = np.floor(n * (seen + np.arange(n_2 + 1) / n_2) + 1e-9).clip(-1, n).astype(int)

    def p_value(apart: float) -> float:
        if apart > 1 - tried[0]:
            return outside
        second = np.minimum(tried, 1 - apart)
        at_most = np.cumsum(_chances(n, second + apart), axis=1)
        both = _chances(n_2, second) * np.where(most < 0, 0.0, at_most[:, most])
        return float(both.sum(axis=1).max()) + outside

    low, high = seen, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if p_value(middle) > level else (low, middle)
    return high


def _least(n_met: int, n: int, level: float) -> float:
    """The smallest share for which so many or more that meet the condition are not too rare."""
    low, high = 0.0, n_met / n
    for _ in range(60):
        middle = (low + high) / 2
        rare = float(_chances(n, np.array([middle]))[0, n_met:].sum()) < level
        low, high = (middle, high) if rare else (low, middle)
    return low


def _chances(n: int, shares: Float[np.ndarray, " share"]) -> Float[np.ndarray, "share met"]:
    """The binomial distribution of each share."""
    met, inside = np.arange(n + 1), shares.clip(1e-15, 1 - 1e-15)[:, None]
    chances: Float[np.ndarray, "share met"] = np.exp(
        _log_choose(n) + met * np.log(inside) + (n - met) * np.log1p(-inside)
    )
    return chances


@cache
def _log_choose(n: int) -> Float[np.ndarray, " met"]:
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    chosen: Float[np.ndarray, " met"] = factorials[n] - factorials - factorials[::-1]
    return chosen
