"""Numbers that both sides of a measurement reached, and whether they agree."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Numbers = dict[str, float]
"""Numbers of a run, by name; names in `_s` are seconds."""

EARLY = (0, 10, 50)
"""Iterations after which a function fit's loss is compared: before rounding has grown to what chaos makes of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """Largest difference allowed between the two sides, relative to ours."""

    name: str
    rtol: float
    over: Literal["largest", "median", "shift"] = "largest"
    """Of the runs' differences the largest or the middle one, or the middle one with its sign.

    Where training has become chaotic, single runs part, on some CPUs all of them, but as many one way as the other.
    """

    def __str__(self) -> str:
        """As the table says it."""
        return f"{self.name} to {self.rtol:g}" + f" ({self.over})" * (self.over != "largest")

    def found(self, differences: Sequence[float]) -> float:
        """The difference that counts, of signed ones."""
        if self.over == "shift":
            return abs(statistics.median(differences))
        sizes = [abs(each) for each in differences]
        return max(sizes) if self.over == "largest" else statistics.median(sizes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """Largest difference in units of the allowed one, and what is wrong if it is above 1."""

    difference: float
    void: str


def compared(
    checks: Sequence[Check], ours: Mapping[int, Numbers], theirs: Mapping[int, Numbers], *, n_wanted: int
) -> Agreement:
    """Hold the runs of a peer, by index, against ours."""
    if len(theirs) < n_wanted:
        return Agreement(difference=math.inf, void=f"{len(theirs)} of {n_wanted} runs came back")
    worst, wrong = 0.0, []
    for check in checks:
        differences = [_difference(ours.get(k, {}), numbers, check.name) for k, numbers in theirs.items()]
        found = check.found(differences)
        worst = max(worst, found / check.rtol)
        if not found <= check.rtol:
            wrong.append(f"{check.name} differs by {found:.2g} of ours, {check.rtol:g} is allowed")
    return Agreement(difference=worst, void="; ".join(wrong))


def _difference(ours: Numbers, theirs: Numbers, name: str) -> float:
    """By how much theirs is larger, relative to ours; infinite where either side has no such number."""
    a, b = ours.get(name, math.nan), theirs.get(name, math.nan)
    if not math.isfinite(a) or not math.isfinite(b):
        return math.inf
    return (b - a) / abs(a) if a else b
