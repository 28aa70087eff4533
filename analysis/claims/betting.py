"""Evidence on a share that may be looked at after every seed: what a bet against the share has made of its stake.

Somebody bets on each next seed at odds that are fair if the share is as stated. By Ville's inequality the chance that
the stake ever grows to 1/level, over all looks at all numbers of seeds, is at most the level. No distribution is
assumed beyond seeds that are independent and alike.

References:
    Ville 1939, Étude critique de la notion de collectif. Robbins 1970, Annals of Mathematical Statistics 41(5).
    Ramdas, Grünwald, Vovk & Shafer 2023, Statistical Science 38(4).
"""

import math
from functools import cache

import numpy as np
from jaxtyping import Float

_STAKE_ON_ALL = 0.8
"""Of the stake, what bets that every seed agrees; the rest is spread evenly over all larger shares. With four fifths,
ten of ten seeds settle any one of up to 21 claims, and 19 of 20 do so too."""


def grown(n_met: int, n: int, share: float) -> float:
    """Log (base e) of what a bet on a larger share has made of its stake, after `n_met` of `n` seeds met a condition.

    Args:
        n_met: Seeds that met it.
        n: Seeds seen.
        share: Of all seeds, the largest share that is bet against; between 0 and 1, both left out.
    """
    return float(_grown(n, share)[n_met])


@cache
def least(n: int, share: float, level: float) -> int | None:
    """Fewest of `n` seeds that must meet a condition to reject that only this share does; None if all are too few."""
    enough = np.flatnonzero(_grown(n, share) >= -math.log(level))
    return int(enough[0]) if len(enough) else None


@cache
def fewest(level: float) -> int:
    """The number of seeds that settles a median where all of them agree."""
    return next(n for n in range(1, 1000) if least(n, 1 / 2, level / 2) is not None)


def share_above(n_met: int, n: int, level: float) -> float:
    """The largest share that is rejected, at this level, for being too small; 0 if none is."""
    low, high = 0.0, n_met / n if n else 0.0
    for _ in range(60):
        middle = (low + high) / 2
        if middle > 0 and grown(n_met, n, middle) >= -math.log(level):
            low = middle
        else:
            high = middle
    return low


def _grown(n: int, share: float) -> Float[np.ndarray, " met"]:
    """For each number that met it: log of 0.8 × the all-or-nothing bet + 0.2 × the mean of bets on larger shares.

    The mean over p from s to 1 of (p/s)^k ((1−p)/(1−s))^(n−k) is the Beta function of k + 1 and n − k + 1 times the
    chance that at most k of n + 1 seeds meet what a share s of all does, over s^k (1−s)^(n−k+1).
    """
    k = np.arange(n + 1)
    log_s, log_rest = math.log(share), math.log1p(-share)
    chances = _log_choose(n + 1) + np.arange(n + 2) * log_s + np.arange(n + 1, -1, -1) * log_rest
    at_most = np.logaddexp.accumulate(chances)[:-1]
    even = at_most - math.log(n + 1) - _log_choose(n) - k * log_s - (n - k + 1) * log_rest
    bets: Float[np.ndarray, " met"] = math.log(1 - _STAKE_ON_ALL) + even
    bets[n] = np.logaddexp(bets[n], math.log(_STAKE_ON_ALL) - n * log_s)
    return bets


@cache
def _log_choose(n: int) -> Float[np.ndarray, " chosen"]:
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    chosen: Float[np.ndarray, " chosen"] = factorials[n] - factorials - factorials[::-1]
    return chosen
