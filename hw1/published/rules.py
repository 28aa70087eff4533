"""The rules of the comparison, as they stand under its table."""

from hw1.published.status import TOLERANCE, Scale

_LOSS, _ACCURACY = f"{2 * TOLERANCE[Scale.LOSS]:.0%}", f"{200 * TOLERANCE[Scale.ACCURACY]:g} points"
_WITHIN = (
    "Inside our seeds’ range: the printed value lies between the lowest and the highest seed, give or take half a unit "
    f"of its last printed digit. Close to it: not that, but within {_LOSS} (accuracies: {_ACCURACY}) of their centre. "
    "Outside: further away. Not reached: every run was cut before that step. Not run: no run of preset notebook with "
    "these settings is collected. Numbers of parameters must be equal; a yes or no is inside if more than half of the "
    "seeds agree, close if some do."
)
_CENTRES = (
    "Ours: the median for losses of function fits, which differ by powers of ten and where one seed on a plateau would "
    "decide a mean, and for iterations; the mean for cross-entropies and accuracies. Ours to printed: ratio, or "
    "difference in percentage points of accuracy. A seed that has met its stopping rule before this step keeps its "
    "last loss, so that the seeds that are left late in a run are not only the slower ones."
)
_READING = (
    "How to read it: a notebook ran each model once. One more run of the same kind falls outside the range of n seeds "
    "in 2 of n + 1 cases by chance alone, so single rows outside are expected; a wide range is easily met, so a row "
    "inside says no more than its range does. Values along one run are not independent of each other."
)
_ABSENT = (
    "Not in the table: trajectory, whose notebook prints no result, and minimal_ratio, whose notebook prints 100 runs, "
    "a sample rather than a value. Of random_labels the first and every 15th epoch are held against ours."
)
RULES = (_WITHIN, _CENTRES, _READING, _ABSENT)
"""One paragraph each."""
