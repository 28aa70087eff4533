"""Rank correlation over runs: a bootstrap interval, a permutation test, and Fisher's z."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from analysis.claims.statistics import RANDOM_SEED, TINY, Evidence, tails, untested

MIN_RUNS = 20
"""Below this a correlation is not tested: Fisher's z is not yet close to normal, nor the bootstrap to its level."""
_N_ORDERS = 2_000


def of_correlation(sample: Float[np.ndarray, "run 2"], matters: float) -> Evidence:
    """Evidence on the rank correlation of two columns: permutations against 0, Fisher's z against what matters.

    References:
        Spearman 1904, American Journal of Psychology 15(1). Fieller, Hartley & Pearson 1957, Biometrika 44(3/4), for
        the variance of z of a rank correlation, 1.06/(n − 3).
    """
    n = len(sample)
    if n < MIN_RUNS or (np.ptp(sample, axis=0) == 0).any():
        return untested(math.nan, n)
    rng, even = np.random.default_rng(RANDOM_SEED), np.full(n, 1 / n)
    effect = _rank_correlation(sample, np.ones((1, n), dtype=int))[0]
    # A hundred at a time: all at once would take gigabytes for thousands of runs.
    blocks = [_rank_correlation(sample, rng.multinomial(n, even, size=100)) for _ in range(_N_ORDERS // 100)]
    resampled = np.concatenate(blocks)
    edge = 1 - TINY
    z = math.atanh(min(max(effect, -edge), edge)) - math.atanh(matters)
    low, high = np.quantile(resampled[np.isfinite(resampled)], tails(n))
    return Evidence(
        effect=float(effect),
        low=float(low),
        high=float(high),
        n_seeds=n,
        chance_of_none=permutation(sample),
        chance_of_enough=NormalDist().cdf(z / math.sqrt(1.06 / (n - 3))),
    )


def permutation(sample: Float[np.ndarray, "run 2"]) -> float:
    """One-sided chance of a rank correlation this high, were the columns unrelated; 2,000 drawn orders."""
    x, y = (pd.Series(column).rank().to_numpy() for column in sample.T)
    x, y = x - x.mean(), y - y.mean()
    rng = np.random.default_rng(RANDOM_SEED)
    blocks = [rng.permuted(np.tile(y, (100, 1)), axis=1) @ x for _ in range(_N_ORDERS // 100)]
    shuffled = np.concatenate(blocks)
    return (1 + np.count_nonzero(shuffled >= x @ y - TINY * len(x) ** 3)) / (1 + _N_ORDERS)


def _rank_correlation(
    sample: Float[np.ndarray, "run 2"], counts: Int[np.ndarray, "resample run"]
) -> Float[np.ndarray, " resample"]:
    """Spearman's correlation of resamples in which each run is so many times; NaN where one side does not vary."""
    x, y = (_ranks(column, counts) - (len(sample) + 1) / 2 for column in sample.T)
    size = np.sqrt((counts * x**2).sum(axis=1) * (counts * y**2).sum(axis=1))
    correlation = np.full(len(counts), np.nan)
    np.divide((counts * x * y).sum(axis=1), size, out=correlation, where=size > 0)
    return correlation


def _ranks(
    values: Float[np.ndarray, " run"], counts: Int[np.ndarray, "resample run"]
) -> Float[np.ndarray, "resample run"]:
    """Each run's rank in each resample, ties sharing their middle; by counting, since their order never changes."""
    distinct, first = np.unique(np.sort(values), return_index=True)
    tied = np.add.reduceat(counts[:, np.argsort(values, kind="stable")], first, axis=1)
    middle = np.cumsum(tied, axis=1) - (tied - 1) / 2
    return np.take(middle, np.searchsorted(distinct, values), axis=1)
