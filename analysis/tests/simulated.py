"""Made-up effects of many seeds at once, and the interval of each sample's median, for tests of what verdicts promise.

Their medians are 0: each seed alone is as likely to speak for a statement as against it.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from analysis.claims.betting import least
from analysis.claims.judge import LEVEL

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
N_CLAIMS = 20
EACH = LEVEL / N_CLAIMS
DRAWS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape) - math.log(2),
    "exponential, to the left": lambda rng, shape: math.log(2) - rng.exponential(size=shape),
    "lognormal": lambda rng, shape: rng.lognormal(size=shape) - 1,
}
MEANS = {"normal": 0.0, "exponential": 1 - math.log(2), "exponential, to the left": math.log(2) - 1}
MEANS["lognormal"] = math.exp(1 / 2) - 1


def bounds(samples: np.ndarray, level: float = EACH) -> tuple[np.ndarray, np.ndarray]:
    """`Median.interval` of every sample along the last axis."""
    n = samples.shape[-1]
    n_enough = least(n, 1 / 2, level / 2)
    if n_enough is None:
        return np.full(samples.shape[:-1], -np.inf), np.full(samples.shape[:-1], np.inf)
    ordered = np.sort(samples, axis=-1)
    return ordered[..., n - n_enough], ordered[..., n_enough - 1]


def ever_for(samples: np.ndarray, looks: range, level: float = EACH) -> np.ndarray:
    """True if any look at the first so many seeds of each sample has an interval above 0."""
    n_for = np.cumsum(samples > 0, axis=-1)
    enough = np.array([least(n, 1 / 2, level / 2) or n + 1 for n in looks])
    found: np.ndarray = (n_for[..., [n - 1 for n in looks]] >= enough).any(axis=-1)
    return found


def correlations(samples: np.ndarray, level: float = EACH) -> tuple[np.ndarray, np.ndarray]:
    """`Correlation.interval` of every sample of pairs, written once more."""
    n = samples.shape[1]
    ranks = stats.rankdata(samples, axis=1) - (n + 1) / 2
    first, second = ranks[..., 0], ranks[..., 1]
    r = (first * second).sum(axis=1) / np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    t = (n - 3) * 0.1 + 1
    half = np.sqrt((1 + r**2 / 2) / (n - 3) * 2 * t / (t - 1) * math.log(math.sqrt(t) / level))
    return np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
