"""From the runs that a peer did to all of a work, by counts that are known of all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from hw1.bench.numbers import Numbers
from hw1.bench.works import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """Seconds for all of a work, and how they came from what was measured; empty where all was."""

    seconds: float
    how: str


def extrapolated(
    work: Work, seconds: float, *, n_slots: int, ours: Mapping[int, Numbers], theirs: Mapping[int, Numbers]
) -> Estimate:
    """Seconds that the whole work would take a peer, from its seconds for some of the runs, or for parts of them.

    `n_slots` is how many of them it did at once.
    """
    n, m = len(work.specs()), len(theirs)
    if m < n and all("fit_s" in row for row in theirs.values()):
        return _by_iterations(
            seconds * n_slots, n_slots, [row["n_steps"] for row in ours.values()], list(theirs.values())
        )
    share = _share(work) / work.scale
    said = [f"{m} of {n} runs"] * (m < n) + [f"{share:.2g} of a run's images and epochs"] * (share < 1)
    return Estimate(seconds=seconds * n / m / share, how="measured " * bool(said) + ", ".join(said))


def _share(work: Work) -> float:
    """The part of our run that a peer does: images times epochs."""
    whole = work.specs()[0]
    shares = [work.part[name] / getattr(whole, name) for name in ("n_train", "epochs") if name in work.part]
    return float(prod(shares))


def _by_iterations(work_s: float, slots: int, n_steps: Sequence[float], measured: Sequence[Numbers]) -> Estimate:
    """Every run costs its iterations, at the measured time of one, and what the measured runs cost beside them."""
    fit_s = sum(row["fit_s"] for row in measured)
    one = fit_s / sum(row["n_steps"] + 1 for row in measured)
    rest = (work_s - fit_s) / len(measured)
    total = sum((n + 1) * one for n in n_steps) + rest * len(n_steps)
    return Estimate(
        seconds=total / slots, how=f"measured {len(measured)} of {len(n_steps)} runs; iterations as all of ours took"
    )
