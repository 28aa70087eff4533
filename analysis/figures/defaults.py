"""The figures of a study that declares none: every metric against its step, and against every parameter that varies."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes

from analysis import names, style
from analysis.bands import band
from analysis.figure import Figure
from analysis.frames import StudyResults
from analysis.student import mean_interval
from analysis.summary import is_yes_or_no, measured

_PANELS_A_ROW = 2
_PANEL_IN = (4.4, 3.6)
_LEGEND_LINE_IN = 0.22
_LONG = 26
"""Characters of a setting up to which two stand in one line of a legend."""
_MOST_LINES = 6
"""Lines of other parameters in one panel; of more, each seed's mean is taken."""
_LONGEST = 14
"""Characters of a tick's label."""
_LEAST_TICK_GAP = 0.1
_DODGE = 0.012
"""Share of the axis by which the lines of one panel stand beside each other."""
_DECADE = 10


def default_figures(study: StudyResults) -> tuple[Figure, ...]:
    """The study's metrics over their step, then its final metrics over its parameters."""
    return (*_over_steps(study), *_over_parameters(study))


def _over_steps(study: StudyResults) -> Iterator[Figure]:
    table = f"{study.name}.log"
    rows = study.table(table)
    own = study.columns(table)
    step = _step(rows[own])
    if step is None:
        return
    for name in (name for name in own if name not in {step, "step"} and _is_number(rows[name])):
        label, along = study.labels.axis(name, table), study.labels.axis(step, table)
        yield Figure(
            slug=f"{name}-over-{step}".replace("_", "-"),
            title=f"{label} over {along}",
            caption=f"{label} at every {along}, one line a setting.",
            alt=f"Lines of {label} over {along}, one for each setting.",
            draw=partial(_curves, table=table, step=step, metric=name),
            table=table,
            columns=(name, step),
        )


def _step(rows: pd.DataFrame) -> str | None:
    """The study's own name for its step, if it logs that too."""
    whole = [name for name in rows.columns if name != "step" and pd.api.types.is_integer_dtype(rows[name])]
    if "step" in rows:
        return next((name for name in whole if (rows[name] == rows["step"]).all()), "step")
    return whole[0] if whole else None


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not is_yes_or_no(values)


def _curves(study: StudyResults, *, table: str, step: str, metric: str) -> matplotlib.figure.Figure:
    rows = study.measured(table, (metric, step))
    settings = [
        (name, runs) for name, runs in names.settings(study.expected) if rows["run_id"].isin(runs["run_id"]).any()
    ]
    n_columns = _PANELS_A_ROW if max((len(name) for name, _ in settings), default=0) <= _LONG else 1
    height_in = _PANEL_IN[1] + _LEGEND_LINE_IN * math.ceil(len(settings) / n_columns)
    figure = style.canvas(height_in=height_in)
    axes = figure.subplots()
    for (name, runs), line in zip(settings, style.ordered(len(settings)), strict=True):
        style.draw(axes, band(rows[rows["run_id"].isin(runs["run_id"])], step, metric), line, name)
    axes.set(xlabel=study.labels.axis(step, table), ylabel=study.labels.axis(metric, table))
    style.iteration_axis(axes)
    style.log_axis_over_decades([axes])
    if len(settings) > 1:
        figure.legend(loc="outside upper left", ncols=n_columns)
    return figure


def _over_parameters(study: StudyResults) -> Iterator[Figure]:
    last, parameters = measured(study), names.varying(study.expected)
    if not parameters:
        return
    words = names.few(map(study.labels.field, parameters))
    for name in (name for name in last.columns if name != "run_id" and _is_number(last[name])):
        table = "runs" if name in study.runs else f"{study.name}.runs"
        label = study.labels.axis(name, table)
        yield Figure(
            slug=f"{name}-over-parameters".replace("_", "-"),
            title=f"{label} by {words}",
            caption=f"Mean of {label} over seeds; bars: Student's 95% interval of the mean.",
            alt=f"Points of the mean {label} over {words}, with intervals.",
            draw=partial(_panels, table=table, metric=name, parameters=parameters),
            table=table,
            columns=(name,),
            banded=False,
        )


def _panels(study: StudyResults, *, table: str, metric: str, parameters: Sequence[str]) -> matplotlib.figure.Figure:
    rows = study.measured(table, (metric,))
    n_rows = math.ceil(len(parameters) / _PANELS_A_ROW)
    n_columns = min(len(parameters), _PANELS_A_ROW)
    figure = style.canvas(
        width_in=max(style.WIDTH_IN, _PANEL_IN[0] * n_columns), height_in=(_PANEL_IN[1] + 0.8) * n_rows
    )
    panels = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True).ravel()
    for axes, parameter in zip(panels, parameters, strict=False):
        _panel(axes, study, rows, metric, parameter, [other for other in parameters if other != parameter])
    for axes in panels[len(parameters) :]:
        axes.set_axis_off()
    for axes in panels[::n_columns]:
        axes.set_ylabel(study.labels.axis(metric, table))
    style.log_axis_over_decades(list(panels[: len(parameters)]))
    return figure


def _place(rows: pd.DataFrame, own: pd.DataFrame, names: Sequence[str]) -> tuple[int, ...]:
    """Rank of a combination of parameters among all: by the first, then by the second, and so on."""
    orders = ([repr(value) for value in _in_order(rows[name])] for name in names)
    return tuple(order.index(own[name].map(repr).iloc[0]) for name, order in zip(names, orders, strict=True))


def _panel(  # noqa: PLR0913, PLR0917 - what is drawn, and where
    axes: Axes, study: StudyResults, rows: pd.DataFrame, metric: str, parameter: str, others: Sequence[str]
) -> None:
    """One line for each combination of the other parameters, if they are few; else the mean over them."""
    values = _in_order(rows[parameter])
    places = _places(values)
    groups = [("", rows)]
    if others:
        keys = rows[list(others)].map(repr).agg("|".join, axis=1)
        ordered = sorted(rows.groupby(keys, sort=False), key=lambda pair: _place(rows, pair[1], others))
        each = [(_words(study, own.iloc[0], others), own) for _, own in ordered]
        groups = each if len(each) <= _MOST_LINES else groups
    for k, ((label, own), line) in enumerate(zip(groups, style.ordered(len(groups)), strict=True)):
        aside = _DODGE * (k - (len(groups) - 1) / 2) * max(places[-1] - places[0], 1e-9)
        found = [_interval(own[own[parameter].map(repr) == repr(value)], metric) for value in values]
        middle, low, high = np.array(found).T
        bars = np.stack([middle - low, high - middle])
        look: dict[str, Any] = {
            "color": line.color,
            "marker": line.marker,
            "markersize": 5,
            "linewidth": 1.0,
            "capsize": 3,
        }
        axes.errorbar(places + aside, middle, yerr=bars, label=label or None, **look)
    shown = _spaced(places)
    axes.set_xticks(places[shown], [textwrap.shorten(names.value(values[k]), _LONGEST) for k in shown])
    axes.set_xlabel(study.labels.field(parameter))
    if len(groups) > 1:
        style.legend_above(axes)


def _interval(rows: pd.DataFrame, metric: str) -> tuple[float, float, float]:
    """Mean over seeds with its interval; the mean alone of few seeds, NaN of none."""
    values = rows[metric].astype(float)
    sample = (values.groupby(rows["seed"]).mean() if "seed" in rows else values).to_numpy()
    if not len(sample):
        return math.nan, math.nan, math.nan
    mean = float(sample.mean())
    return (mean, *mean_interval(sample)) if len(sample) > 1 else (mean, mean, mean)


def _in_order(values: pd.Series) -> list[Any]:
    """Distinct values: numbers ascending, others as they come."""
    distinct = list({repr(value): value for value in values}.values())
    is_number = all(isinstance(value, int | float | np.number) and not math.isnan(value) for value in distinct)
    return sorted(distinct) if is_number else distinct


def _places(values: Sequence[Any]) -> Float[np.ndarray, " value"]:
    """Places along the axis: numbers where they are, by their logarithm where they span a decade; others in turn."""
    if not all(isinstance(value, int | float | np.number) and not isinstance(value, bool) for value in values):
        return np.arange(len(values), dtype=float)
    numbers = np.array(values, dtype=float)
    if not np.isfinite(numbers).all():
        return np.arange(len(values), dtype=float)
    return np.log10(numbers) if numbers[0] > 0 and numbers[-1] >= _DECADE * numbers[0] else numbers


def _spaced(places: Float[np.ndarray, " value"]) -> list[int]:
    """The places that get a tick: all, or as many as stand apart."""
    shown = [0]
    for k in range(1, len(places)):
        if places[k] - places[shown[-1]] >= _LEAST_TICK_GAP * (places[-1] - places[0]):
            shown.append(k)
    return shown


def _words(study: StudyResults, run: pd.Series, others: Sequence[str]) -> str:
    return ", ".join(f"{study.labels.field(name)} {names.value(run[name])}" for name in others)
