"""Intervals of means by Student's t distribution; for its quantile SciPy would be a fifth of an installation."""

import math
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_CLOSE = 1e-14
_MOST_STEPS = 100


COVERAGE = 0.95


def mean_interval(sample: 'Float[np.ndarray, " seed"]') -> tuple[float, float]:
    """Student's 95% interval of the mean of at least two values.

    References:
        Student 1908, Biometrika 6(1).
    """
    n = len(sample)
    half = quantile(n - 1, (1 + COVERAGE) / 2) * float(sample.std(ddof=1)) / math.sqrt(n)
    return float(sample.mean()) - half, float(sample.mean()) + half


@cache
def quantile(freedom: int, chance: float) -> float:
    """The value that Student's t stays below with this chance.

    With t = √ν tan θ, the chance above one half is the integral of cos^(ν − 1) from 0 to θ, times a constant. It is
    concave in θ, so Newton's method rises to the root from the normal distribution's quantile, which lies below.

    Args:
        freedom: ν, degrees of freedom, at least 1.
        chance: Above one half.

    Returns:
        In units of the estimated standard deviation; to a relative 1e-8 up to ν = 1,000,000.

    References:
        Abramowitz and Stegun 1964, Handbook of Mathematical Functions, 26.7.
    """
    log_constant = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(math.pi) / 2
    wanted = (chance - 0.5) / math.exp(log_constant)
    angle = math.atan(NormalDist().inv_cdf(chance) / math.sqrt(freedom))
    for _ in range(_MOST_STEPS):
        at = angle / 2 * (_NODES + 1)
        found = angle / 2 * float(_WEIGHTS @ np.cos(at) ** (freedom - 1))
        step = (wanted - found) / math.cos(angle) ** (freedom - 1)
        angle += step
        if abs(step) < _CLOSE * angle:
            break
    return math.sqrt(freedom) * math.tan(angle)
