"""Printed and measured values as the table writes them."""

import math

from hw1.published.printed import Series
from hw1.published.rows import Row
from hw1.published.status import Scale, Status
from hw1.tables import TABLES

ABSENT = "\N{EN DASH}"
"""Shown in a cell that has no value."""
_LABELS = {column.name: column.label for table in TABLES.values() for column in table}
_LOSSES = {Scale.DECADES: "mean squared error", Scale.LOSS: "cross-entropy"}
_MEDIANS = {Scale.DECADES, Scale.ITERATIONS}
_WHOLE = {Scale.ITERATIONS, Scale.COUNT}
_MARKS = {Status.INSIDE: "✓", Status.CLOSE: "≈", Status.OUTSIDE: "✗"}
_SMALL = 0.01
_POINTS = 100


def quantity(of: Series) -> str:
    """Quantity that was printed, and its unit."""
    if of.scale is Scale.ITERATIONS:
        return f"last iteration logged (every {of.logged_every})"
    unit = _LOSSES.get(of.scale)
    return f"{_LABELS[of.column]} ({unit})" if unit else _LABELS[of.column]


def at(of: Row) -> str:
    """Which step of the run it belongs to; empty for figures of a whole run."""
    return f"{of.series.step} {of.step:,}" if of.series.step else ""


def printed(of: Row) -> str:
    """The printed value."""
    if of.series.scale is Scale.YES_NO:
        return "yes" if of.printed else "no"
    return value(of.series.scale, of.printed)


def ours(of: Row) -> str:
    """Our seeds' centre, by name where there are several seeds."""
    if not of.n_seeds:
        return ABSENT
    if of.series.scale is Scale.YES_NO:
        return f"yes in {round(of.ours * of.n_seeds)} of {of.n_seeds}"
    text = value(of.series.scale, of.ours)
    if of.n_seeds == 1 or of.series.scale is Scale.COUNT:
        return text
    return f"{'median' if of.series.scale in _MEDIANS else 'mean'} {text}"


def spread(of: Row) -> str:
    """Lowest to highest of several seeds, and the quartiles of a median or the standard deviation of a mean."""
    scale = of.series.scale
    if of.n_seeds <= 1 or scale is Scale.YES_NO:
        return ""
    if of.low == of.high:
        return "all equal"
    text = _range(scale, of.low, of.high)
    if scale in _MEDIANS:
        return f"{text}; quartiles {_range(scale, *of.quarters)}"
    if scale is Scale.ACCURACY:
        return f"{text}; s.d. {_POINTS * of.deviation:.2f} points"
    return f"{text}; s.d. {value(scale, of.deviation)}"


def effect(of: Row) -> str:
    """Ours against the printed value: a difference in points of accuracy, else a ratio."""
    if math.isnan(of.effect):
        return ABSENT
    if of.series.scale is Scale.ACCURACY:
        return f"{_POINTS * of.effect:+.2f} points".replace("-", "\N{MINUS SIGN}")
    return f"×{of.effect:.2f}"


def status(of: Row) -> str:
    """The status in words, a mark before it where something was measured."""
    return f"{_MARKS[of.status]} {of.status}" if of.status in _MARKS else str(of.status)


def value(scale: Scale, number: float) -> str:
    """Accuracies in percent, whole counts, losses to two digits below 0.01, three below 1, four above."""
    if scale is Scale.ACCURACY:
        return f"{_POINTS * number:.2f}%"
    if scale in _WHOLE:
        return f"{number:,.0f}"
    if number and abs(number) < _SMALL:
        mantissa, exponent = f"{number:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{number:#.{4 if abs(number) >= 1 else 3}g}"


def _range(scale: Scale, low: float, high: float) -> str:
    return f"{value(scale, low)} to {value(scale, high)}"
