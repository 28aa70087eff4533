"""When a printed number counts as reproduced. One rule for every row, which knows nothing of the results.

*reproduced*: the printed value lies between the lowest and the highest of our seeds, widened by half a unit of its
last printed digit; or, with fewer than `MIN_SEEDS` seeds, whose range says little, it is at most the scale's
tolerance away from their centre. A yes or no: more than half of the seeds say the same. A count: all seeds equal it.

*close*: not that, but at most twice the tolerance away from the centre. A yes or no: some seed says the same.

*not reproduced*: further away. *not reached*: runs are there, but none has a value at this step, since all stopped
before it. *not run*: no run of preset `notebook` is collected.

The centre is the median for losses over decades and for iterations, which a few seeds on a plateau would otherwise
decide, and the mean for cross-entropies and accuracies, whose seeds scatter evenly.
"""

import enum
import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

MIN_SEEDS = 5
"""Below this the range of the seeds is not taken as their spread: the verdicts on the claims ask for as many."""
_TINY = 1e-12
_HALF = 0.5


class Scale(enum.StrEnum):
    """How a quantity is averaged over seeds, compared and written."""

    DECADES = "loss over decades"
    LOSS = "loss"
    ACCURACY = "accuracy"
    ITERATIONS = "iterations"
    COUNT = "count"
    YES_NO = "yes or no"


class Status(enum.StrEnum):
    """What became of a printed number."""

    REPRODUCED = "reproduced"
    CLOSE = "close"
    NOT_REPRODUCED = "not reproduced"
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
        return Status.REPRODUCED if bool((values == printed).all()) else Status.NOT_REPRODUCED
    if scale is Scale.YES_NO:
        return _agreement(float(np.mean(values == printed)))
    rounding = _HALF * 10.0**-decimals + _TINY
    within = values.min() - rounding <= printed <= values.max() + rounding
    away, tolerance = distance(scale, printed, centre(scale, values)), TOLERANCE[scale]
    if within or (len(values) < MIN_SEEDS and away <= tolerance):
        return Status.REPRODUCED
    return Status.CLOSE if away <= 2 * tolerance else Status.NOT_REPRODUCED


def distance(scale: Scale, one: float, other: float) -> float:
    """How far two values are apart: a difference of accuracies, else by how much the larger exceeds the smaller."""
    if scale is Scale.ACCURACY:
        return abs(one - other)
    low, high = sorted((one, other))
    if low <= 0:
        return 0.0 if low == high else math.inf
    return high / low - 1


def _agreement(share: float) -> Status:
    if share > _HALF:
        return Status.REPRODUCED
    return Status.CLOSE if share > 0 else Status.NOT_REPRODUCED
