"""Means over seeds: a bootstrap interval, sign-flip tests, and Holm's correction for many of them.

Everything is exact or drawn from a generator of fixed seed: the same numbers give the same answer.
"""

import functools
import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Bool, Float, Int

LEVEL = 0.05
"""Chance of one wrong `holds` among all statements of a report, and likewise of one wrong `does not hold`."""
COVERAGE = 0.95
MIN_SEEDS = 5
"""Below this, resampling cannot make a 95% interval: with 4 seeds the corrected tail (0.0001) is rarer than the rarest
of the 4⁴ resamples (0.004), with 5 it is not (0.001 against 0.0003)."""
_N_RESAMPLES, _N_FLIPS = 10_000, 20_000
_MAX_EXACT = 12
RANDOM_SEED = 8430
TINY = 1e-12
"""Relative size below which two sums count as equal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What a sample says of a statement; without an interval and chances (NaN) where there are too few seeds.

    `chance_of_none`: the chance of a sample that speaks for the statement at least as much, were there no effect.
    `chance_of_enough`: of one that speaks against it as much, were the effect the smallest that matters.
    """

    effect: float
    low: float
    high: float
    n_seeds: int
    chance_of_none: float
    chance_of_enough: float


def of_mean(sample: Float[np.ndarray, " seed"], matters: float) -> Evidence:
    """Evidence on the mean over seeds: bootstrap interval, sign-flip tests against 0 and against what matters."""
    n = len(sample)
    if n < MIN_SEEDS:
        return untested(float(sample.mean()) if n else math.nan, n)
    low, high = mean_interval(sample)
    return Evidence(
        effect=float(sample.mean()),
        low=low,
        high=high,
        n_seeds=n,
        chance_of_none=sign_flip(sample),
        chance_of_enough=sign_flip(matters - sample),
    )


def mean_interval(sample: Float[np.ndarray, " seed"]) -> tuple[float, float]:
    """95% interval of the mean: percentiles of the means of resampled seeds, widened for small samples.

    The plain percentiles are too narrow by the factor √((n − 1)/n) and ignore that the deviation is estimated; taking
    them further out, at Φ(−√(n/(n − 1)) t), mends both for samples that are not skewed. Of 10,000 samples of 5, 8, 10
    and 20 seeds, it held the mean of 92.0, 94.0, 94.3 and 94.9% if normal, of 87.1, 90.6, 91.4 and 92.5% if
    exponential.

    References:
        Efron 1979, Annals of Statistics 7(1). Hesterberg 2015, The American Statistician 69(4), section 5.3.
    """
    low, high = np.quantile(_resamples(len(sample)) @ sample, tails(len(sample)))
    return float(low), float(high)


def sign_flip(sample: Float[np.ndarray, " seed"]) -> float:
    """One-sided chance of a mean this high, were every seed's sign a coin toss.

    Exact for effects that are symmetric around 0 when there is none, as differences between two settings are that share
    a seed: all 2ⁿ sign patterns up to n = 12, beyond that 20,000 drawn ones. Never below 2⁻ⁿ: few seeds cannot
    convince, however large the effect. Not exact for skewed effects: of samples of 8 to 20 seeds from an exponential of
    mean 0 with its long tail against the statement, 11 to 14% had a chance below 5%.

    References:
        Fisher 1935, The Design of Experiments, section 21.
    """
    signs = _signs(len(sample))
    return float(np.mean(signs @ sample >= sample.sum() - TINY * np.abs(sample).sum()))


def holm(chances: Float[np.ndarray, " statement"]) -> Float[np.ndarray, " statement"]:
    """Chances corrected for how many are tested: at most `LEVEL` holds for all together; NaN (not tested) stays.

    References:
        Holm 1979, Scandinavian Journal of Statistics 6(2).
    """
    corrected = np.full(len(chances), np.nan)
    tested = np.flatnonzero(~np.isnan(chances))
    order = tested[np.argsort(chances[tested], kind="stable")]
    steps = chances[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1, np.maximum.accumulate(steps))
    return corrected


def untested(effect: float, n_seeds: int) -> Evidence:
    """Evidence of so few seeds that there is but their effect."""
    nan = math.nan
    return Evidence(effect=effect, low=nan, high=nan, n_seeds=n_seeds, chance_of_none=nan, chance_of_enough=nan)


def tails(n: int) -> tuple[float, float]:
    """Between which quantiles of the resamples a 95% interval lies; see `mean_interval`."""
    tail = NormalDist().cdf(-math.sqrt(n / (n - 1)) * student_quantile((1 + COVERAGE) / 2, n - 1))
    return tail, 1 - tail


def student_quantile(level: float, freedom: int) -> float:
    """Quantile of Student's t, to 0.3% from 4 degrees of freedom on.

    References:
        Abramowitz & Stegun 1964, Handbook of Mathematical Functions, 26.7.5.
    """
    x, v = NormalDist().inv_cdf(level), freedom
    return (
        x
        + (x**3 + x) / (4 * v)
        + (5 * x**5 + 16 * x**3 + 3 * x) / (96 * v**2)
        + (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / (384 * v**3)
    )


@functools.lru_cache(maxsize=8)
def _resamples(n: int) -> Float[np.ndarray, "resample seed"]:
    """The weight of each seed in each resample."""
    rng = np.random.default_rng(RANDOM_SEED)
    return np.divide(rng.multinomial(n, np.full(n, 1 / n), size=_N_RESAMPLES), n)


@functools.lru_cache(maxsize=8)
def _signs(n: int) -> Int[np.ndarray, "pattern seed"]:
    """Every sign pattern, or so many drawn ones, the pattern without a flip always among them."""
    if n <= _MAX_EXACT:
        flipped: Bool[np.ndarray, "pattern seed"] = (np.arange(2**n)[:, None] >> np.arange(n)) % 2 == 1
    else:
        flipped = np.random.default_rng(RANDOM_SEED).random((_N_FLIPS, n)) < 1 / 2
        flipped[0] = False
    return np.where(flipped, -1, 1)
