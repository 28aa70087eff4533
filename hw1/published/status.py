"""A printed number's place beside our seeds: one rule for every row, which knows nothing of the results.

*inside our seeds' range*: between the lowest and the highest of them, widened by half a unit of its last printed digit.
How much that says is for the range to tell, which stands beside it. A yes or no: more than half of the seeds say the
same. A count: all seeds equal it.

*close to it*: not that, but at most twice the scale's tolerance away from their centre. A yes or no: some seed says the
same.

*outside*: further away. *not reached*: runs are there, but none has a value at this step, since all were cut before it.
*not run*: no run of preset `notebook` is collected.

The centre is the median for losses over decades and for iterations, which a few seeds on a plateau would otherwise
decide, and the mean for cross-entropies and accuracies, whose seeds scatter evenly.
"""

import enum
import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

MIN_SEEDS = 5
"""Below this the range of the seeds says little, and more are asked for."""
_TINY = 1e-12
_HALF = 0.5


class Scale(enum.StrEnum):
    """Rules by which a quantity is averaged over seeds, compared and written."""

    DECADES = "loss over decades"
    LOSS = "loss"
    ACCURACY = "accuracy"
    ITERATIONS = "iterations"
    COUNT = "count"
    YES_NO = "yes or no"


class Status(enum.StrEnum):
    """Places of a printed number beside our seeds."""

    INSIDE = "inside our seeds’ range"
    CLOSE = "close to it"
    OUTSIDE = "outside"
    NOT_REACHED = "not reached"
    NOT_RUN = "not run"


TOLERANCE: Mapping[Scale, float] = {
    Scale.DECADES: 0.1,
    Scale.LOSS: 0.1,
    Scale.ACCURACY: 0.001,
    Scale.ITERATIONS: 0.1,
}
"""A tenth of a loss or of iterations, 0.1 points of accuracy: the least that matters to the verdicts on the claims."""


def centre(scale: Scale, values: Float[np.ndarray, " seed"]) -> float:
    """The median over seeds, or the mean; of yes and no the share of yes."""
    return float(np.median(values) if scale in {Scale.DECADES, Scale.ITERATIONS, Scale.COUNT} else np.mean(values))


def status(scale: Scale, printed: float, values: Float[np.ndarray, " seed"], *, decimals: int) -> Status:
    """The rule above, of one printed value and those of our seeds at the same step.

    Raises:
        ValueError: If there is no value of ours: then nothing can be said by it.
    """
    if not len(values):
        raise ValueError("`values` must hold a value per seed, got none: the row is not run or not reached")
    if scale is Scale.COUNT:
        return Status.INSIDE if bool((values == printed).all()) else Status.OUTSIDE
    if scale is Scale.YES_NO:
        return _agreement(float(np.mean(values == printed)))
    rounding = _HALF * 10.0**-decimals + _TINY
    within = values.min() - rounding <= printed <= values.max() + rounding
    away, tolerance = distance(scale, printed, centre(scale, values)), TOLERANCE[scale]
    if within:
        return Status.INSIDE
    return Status.CLOSE if away <= 2 * tolerance else Status.OUTSIDE


def distance(scale: Scale, one: float, other: float) -> float:
    """Distance of two values: a difference of accuracies, else by how much the larger exceeds the smaller."""
    if scale is Scale.ACCURACY:
        return abs(one - other)
    low, high = sorted((one, other))
    if low <= 0:
        return 0.0 if low == high else math.inf
    return high / low - 1


def _agreement(share: float) -> Status:
    if share > _HALF:
        return Status.INSIDE
    return Status.CLOSE if share > 0 else Status.OUTSIDE
