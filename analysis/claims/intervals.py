"""Intervals for an effect over seeds, a share of runs and a rank correlation; each holds at every look at once.

That is, over all numbers of seeds at which one may look and stop, the chance that the interval ever leaves out the true
value is at most the level: seeds may be added until a claim is settled.
"""

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from analysis.claims.betting import least, share_above


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """An effect and the values that are not rejected; infinite where there are too few seeds.

    `n`: how many seeds or runs it comes from. `n_for`: how many of them speak for the statement, None if none does by
    itself.
    """

    effect: float
    low: float
    high: float
    n: int
    n_for: int | None = None


class Weighed(Protocol):
    """A way from a sample to an interval."""

    @property
    def counts(self) -> str:
        """The things that `Interval.n` counts."""
        ...

    def interval(self, sample: Float[np.ndarray, "..."], level: float) -> Interval:
        """The effect with its interval; `level` is the chance that it is wrong, on both sides together."""
        ...

    def continued(self, sample: Float[np.ndarray, "..."], n: int) -> Float[np.ndarray, "..."]:
        """A sample of `n` that looks like this one."""
        ...


def at_every_look(weighed: Weighed, sample: Float[np.ndarray, "..."], level: float) -> Interval:
    """The values that no look at the first seeds, however many, has rejected: with more seeds they only become fewer.

    Args:
        weighed: How a sample becomes an interval.
        sample: In the order of the seeds.
        level: Chance that it ever leaves out the true value.

    Returns:
        The last look's interval within those of all looks before; by itself, where nothing is left of it within them.
    """
    last = weighed.interval(sample, level)
    looks = [last, *(weighed.interval(sample[:n], level) for n in range(1, len(sample)))]
    low, high = max(look.low for look in looks), min(look.high for look in looks)
    return replace(last, low=low, high=high) if low <= high else last


@dataclass(frozen=True, slots=True)
class Median:
    """The median effect over seeds: between two of the seeds' own effects, so that no distribution is assumed.

    A sample is one effect a seed, or two where one is known only to lie between them (a run that was cut at its cap):
    the least and the greatest that it can be, infinite where it has no bound.

    References:
        Howard & Ramdas 2022, Bernoulli 28(3), for intervals of quantiles that hold at every look.
    """

    counts: str = "seeds"

    def interval(self, sample: Float[np.ndarray, "..."], level: float) -> Interval:
        """Between the order statistics above and below which too many seeds lie for a coin toss."""
        lows, highs = _bounds(sample)
        n = len(lows)
        if not n:
            return Interval(effect=math.nan, low=-math.inf, high=math.inf, n=0, n_for=0)
        n_enough = least(n, 1 / 2, level / 2)
        return Interval(
            effect=next((m for m in map(_median, (lows, highs)) if math.isfinite(m)), math.nan),
            low=-math.inf if n_enough is None else float(lows[n - n_enough]),
            high=math.inf if n_enough is None else float(highs[n_enough - 1]),
            n=n,
            n_for=int((lows > 0).sum()),
        )

    def continued(self, sample: Float[np.ndarray, "..."], n: int) -> Float[np.ndarray, "..."]:
        """Quantiles of the sample."""
        both: Float[np.ndarray, "seed 2"] = np.column_stack([side[_spread(len(side), n)] for side in _bounds(sample)])
        return both


@dataclass(frozen=True, slots=True)
class Share:
    """The share of runs that meet a condition, less `beyond`. A sample is 1 for each run that does, 0 for each other.

    References:
        Robbins 1970, Annals of Mathematical Statistics 41(5): shares not rejected by a bet at any look.
    """

    beyond: float = 1 / 2
    counts: str = "runs"

    def interval(self, sample: Float[np.ndarray, "..."], level: float) -> Interval:
        """Shares that no bet against them has become rich with."""
        n, n_met = len(sample), int(np.count_nonzero(sample))
        if not n:
            return Interval(effect=math.nan, low=-math.inf, high=math.inf, n=0, n_for=0)
        low, high = share_above(n_met, n, level / 2), 1 - share_above(n - n_met, n, level / 2)
        return Interval(
            effect=n_met / n - self.beyond, low=low - self.beyond, high=high - self.beyond, n=n, n_for=n_met
        )

    def continued(self, sample: Float[np.ndarray, "..."], n: int) -> Float[np.ndarray, "..."]:
        """The same share, as near as `n` runs come to it."""
        picked: Float[np.ndarray, " run"] = np.sort(sample)[_spread(len(sample), n)]
        return picked


class Correlation:
    """Spearman's rank correlation over runs. A sample is two columns.

    Its interval is an approximation for many runs, by Fisher's z and the boundary of a normal mixture.

    References:
        Bonett & Wright 2000, Psychometrika 65(1), for the variance of z, (1 + r²/2)/(n − 3). Waudby-Smith, Arbour,
        Sinha, Kennedy & Ramdas 2024, Annals of Statistics 52(6), for intervals by it that hold at every look.
    """

    counts = "runs"

    def interval(self, sample: Float[np.ndarray, "..."], level: float) -> Interval:
        """None below 20 runs, where z is not close to normal, or where a column does not vary."""
        n = len(sample)
        if n < _FEWEST_RUNS or (np.ptp(sample, axis=0) == 0).any():
            return Interval(effect=math.nan, low=-math.inf, high=math.inf, n=n)
        first, second = (pd.Series(column).rank() for column in sample.T)
        r = float(first.corr(second))
        z, m = math.atanh(min(max(r, -_EDGE), _EDGE)), n - 3
        mixed = m * _MIXTURE + 1
        half = math.sqrt((1 + r**2 / 2) * 2 * mixed / (m**2 * _MIXTURE) * math.log(math.sqrt(mixed) / level))
        return Interval(effect=r, low=math.tanh(z - half), high=math.tanh(z + half), n=n)

    def continued(self, sample: Float[np.ndarray, "..."], n: int) -> Float[np.ndarray, "..."]:
        """The runs again and again."""
        again: Float[np.ndarray, "run 2"] = sample[np.arange(n) % len(sample)]
        return again


MEDIAN, SHARE, CORRELATION = Median(), Share(), Correlation()
_FEWEST_RUNS = 20
_EDGE = 1 - 1e-12
_MIXTURE = 0.1
"""Variance of the mixed normal means: the interval is narrowest, for its number of runs, at around a hundred."""


def _bounds(sample: Float[np.ndarray, "..."]) -> tuple[Float[np.ndarray, " seed"], Float[np.ndarray, " seed"]]:
    """The least and the greatest effect of each seed, each side in order."""
    lows, highs = (sample, sample) if sample.ndim == 1 else sample.T
    return np.sort(lows), np.sort(highs)


def _median(values: Float[np.ndarray, " seed"]) -> float:
    """The middle of sorted values; the lower one of two where their mean has no value."""
    low, high = values[(len(values) - 1) // 2], values[len(values) // 2]
    return float(low if low == high else (low + high) / 2)


def _spread(n_have: int, n: int) -> Int[np.ndarray, " of"]:
    """Indices of `n` evenly spread quantiles among sorted values."""
    at: Int[np.ndarray, " of"] = np.minimum(((np.arange(n) + 0.5) / n * n_have).astype(int), n_have - 1)
    return at
