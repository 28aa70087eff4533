"""False positives, power and coverage of the rules, old beside new: `python -m analysis.tests.verdicts_table`.

The old rule: a bootstrap interval of the mean (widened by Student's t) above 0, and a sign-flip test corrected by
Holm's method over all statements that were run. Of each rule the null is its own: mean 0, or median 0.
"""

import math

import numpy as np
from scipy import stats

from analysis.claims.judge import LEVEL
from analysis.tests.simulated import DRAWS, MEANS, N_CLAIMS, bounds, ever_for

N_DRAWS = 1000
N_RESAMPLES, N_FLIPS, MOST_EXACT = 2_000, 4_000, 12
LOOKS = range(5, 41)
EFFECT = 1.0


def old_chances(samples: np.ndarray) -> np.ndarray:
    """Sign-flip chance of each sample (a row) of a mean this high; 1 where it is far from small."""
    n, chances = samples.shape[1], np.ones(len(samples))
    near = np.flatnonzero(samples.sum(axis=1) > 1.5 * np.sqrt((samples**2).sum(axis=1)))
    flips = (np.arange(2**n)[:, None] >> np.arange(n)) % 2 if n <= MOST_EXACT else _drawn(n)
    signs = 1.0 - 2 * flips
    for some in np.array_split(near, max(1, len(near) // 500)):
        few = samples[some]
        chances[some] = (signs @ few.T >= few.sum(axis=1) - 1e-12 * np.abs(few).sum(axis=1)).mean(axis=0)
    return chances


def _drawn(n: int) -> np.ndarray:
    flips = np.random.default_rng(8430).random((N_FLIPS, n)) < 1 / 2
    flips[0] = False
    return flips.astype(int)


def old_bounds(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The old 95% interval of each row's mean."""
    n = samples.shape[1]
    tail = stats.norm.cdf(-math.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1))
    weights = np.random.default_rng(8430).multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES) / n
    both = [np.quantile(weights @ few.T, [tail, 1 - tail], axis=0) for few in np.array_split(samples, 20)]
    low, high = np.concatenate(both, axis=1)
    return low, high


def old_holds(samples: np.ndarray) -> np.ndarray:
    """Which statements of each family hold by the old rule; samples of (family, statement, seed)."""
    chances = old_chances(samples.reshape(-1, samples.shape[-1])).reshape(samples.shape[:2])
    order = np.argsort(chances, axis=1)
    steps = np.take_along_axis(chances, order, axis=1) * np.arange(samples.shape[1], 0, -1)
    holds = np.zeros(samples.shape[:2], bool)
    np.put_along_axis(holds, order, np.maximum.accumulate(steps, axis=1) <= LEVEL, axis=1)
    if holds.any():
        holds[holds] = old_bounds(np.atleast_2d(samples[holds]))[0] > 0
    return holds


def row(rule: str, n: str, name: str, *found: float) -> None:
    """One line of the table: shares of false *holds*, of effects found, and of intervals that cover."""
    false, power, coverage = found
    print(f"| {rule} | {n} | {name} | {false:.1%} | {power:.0%} | {coverage:.1%} |", flush=True)


def at(n: int, name: str) -> None:
    """Both rules at one look."""
    rng = np.random.default_rng(n)
    samples = DRAWS[name](rng, (N_DRAWS, N_CLAIMS, n))
    centred, effects = samples - MEANS[name], samples[:100] + EFFECT
    low, high = old_bounds(centred[:, 0])
    false = old_holds(centred).any(axis=1).mean()
    row("old", str(n), name, false, old_holds(effects - MEANS[name]).mean(), ((low <= 0) & (high >= 0)).mean())
    low, high = bounds(samples[:, 0], LEVEL)
    false = (bounds(samples)[0] > 0).any(axis=1).mean()
    row("new", str(n), name, false, (bounds(effects)[0] > 0).mean(), ((low <= 0) & (high >= 0)).mean())


def after_every_seed(name: str) -> None:
    """Both rules, looked at after every seed from 5 to 40; the first look at which something holds counts."""
    samples = DRAWS[name](np.random.default_rng(1), (N_DRAWS, N_CLAIMS, LOOKS[-1]))
    centred, effects = samples - MEANS[name], samples[:20] + EFFECT
    false, found, old_out, new_out = (
        np.zeros(N_DRAWS, bool),
        np.zeros((20, N_CLAIMS), bool),
        *np.zeros((2, N_DRAWS), bool),
    )
    for n in LOOKS:
        false[~false] = old_holds(centred[~false, :, :n]).any(axis=1)
        found |= old_holds(effects[..., :n] - MEANS[name])
        low, high = old_bounds(centred[:, 0, :n])
        old_out |= (low > 0) | (high < 0)
        low, high = bounds(samples[:, 0, :n], LEVEL)
        new_out |= (low > 0) | (high < 0)
    row("old", "5, 6 … 40", name, false.mean(), found.mean(), 1 - old_out.mean())
    false = ever_for(samples, LOOKS).any(axis=1)
    row("new", "5, 6 … 40", name, false.mean(), ever_for(effects, LOOKS).mean(), 1 - new_out.mean())


def main() -> None:
    """Print the table."""
    print(f"{N_CLAIMS} claims of one statement, {N_DRAWS:,} draws; power at an effect of {EFFECT:g} in all of them\n")
    print("| rule | seeds | distribution | any false *holds* | power | coverage of a 95% interval |")
    print("|---|---|---|---|---|---|")
    for name in DRAWS:
        for n in (5, 8, 10, 20):
            at(n, name)
        after_every_seed(name)


if __name__ == "__main__":
    main()
