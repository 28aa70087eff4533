"""1-2-3, further: minimal ratio by tolerance, negative eigenvalues, and how near to a critical point the runs come."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import matplotlib.figure
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from hw1 import looks
from hw1.functions import evaluate, grid
from hw1.studies.critical_points import spectra
from hw1.tables import AXIS
from jobs import Figure, StudyResults, names, of_values, style

_PHASES = {
    "adam": ("after Adam", looks.DEEP),
    "newton": ("after Newton steps", replace(looks.LENET, dashes="--", marker="^")),
}
_TOLERANCES = np.logspace(-16, 0, 65)
_ZERO = 1e-19
"""Place of 0 on the axis of tolerances, which is logarithmic."""
_NEVER = 30.0
"""Place of a missing value on an axis of fractions."""


def by_tolerance(study: StudyResults) -> matplotlib.figure.Figure:
    """Minimal ratio against the tolerance; runs that reached a zero of the gradient apart from those that did not."""
    rows = study.measured("critical_points", ("loss",))
    groups = list(_by_success(study, rows))
    figure = style.canvas(width_in=7.6 if len(groups) > 1 else style.WIDTH_IN, height_in=4.4)
    panels = figure.subplots(1, len(groups), sharey=True, squeeze=False)[0]
    for axes, (title, group) in zip(panels, groups, strict=True):
        for phase, (label, line) in _PHASES.items():
            of = group[group["phase"] == phase]
            if len(of):
                _curve(axes, of, replace(line, marker=""), label)
        for tolerance, dashes in ((spectra.ROUNDING, ":"), (spectra.TOLERANCE, "--")):
            axes.axvline(tolerance, color=style.GREY, linestyle=dashes, linewidth=1.0)
        _tolerance_axis(axes)
        axes.set(title=title, xlabel="tolerance τ [fraction of largest]")
    panels[0].set(ylabel="minimal ratio\n[fraction of eigenvalues > τ · largest]", ylim=(0, None))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2)
    return figure


def minimal_ratio(study: StudyResults) -> matplotlib.figure.Figure:
    """Minimal ratio against loss, with and without tolerance."""
    return _against_loss(study, spectra.positive, "> 0", "> {} of the largest", "minimal ratio [fraction]")


def negative(study: StudyResults) -> matplotlib.figure.Figure:
    """Fraction of negative eigenvalues against loss, with and without tolerance."""
    return _against_loss(study, spectra.negative, "< 0", "< −{} of the largest", "negative eigenvalues [fraction]")


def flatness(study: StudyResults) -> matplotlib.figure.Figure:
    """Curvature of the loss along its gradient, and its smoothness, against the gradient's norm."""
    rows = study.measured("critical_points", ("gradient_norm", "hessian_gradient_ratio"))
    figure = style.canvas(width_in=7.0, height_in=6.4)
    above, below = figure.subplots(2, 1, sharex=True)
    _points(above, rows, _norms, lambda of: of["hessian_gradient_ratio"].to_numpy(float))
    _points(below, rows, _norms, lambda of: of["smooth_fraction"].fillna(_NEVER).to_numpy(float))
    above.axhline(spectra.FLAT_BELOW, color=style.GREY, linestyle="--", linewidth=1.0)
    below.axhline(1, color=style.GREY, linestyle=":", linewidth=1.0)
    for axes in (above, below):
        axes.set(xscale="log", yscale="log")
        for threshold in ("gradient_norm_below", "newton_gradient_norm_below"):
            axes.axvline(study.expected[threshold].iloc[0], color=style.GREY, linestyle=":", linewidth=1.0)
    ticks = [tick for tick in below.get_yticks() if below.dataLim.ymin / 10 < tick <= 1]
    below.set_yticks([*ticks, _NEVER], [*(f"$10^{{{round(np.log10(tick))}}}$" for tick in ticks), "no kink"])
    below.yaxis.set_minor_locator(NullLocator())
    above.set(ylabel=AXIS["hessian_gradient_ratio"])
    below.set(xlabel=AXIS["gradient_norm"], ylabel="Newton step until a kink\n[fraction]")
    style.legend_above(above, 2)
    return figure


def _by_success(study: StudyResults, rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    below = names.value(study.expected["newton_gradient_norm_below"].iloc[0])
    last = rows[rows["phase"] == "newton"]
    met = set(last.loc[last["converged"].isin([True]), "run_id"])
    for text, group in (
        (f"gradient norm < {below} at last", rows[rows["run_id"].isin(met)]),
        (f"still ≥ {below}", rows[~rows["run_id"].isin(met)]),
    ):
        if len(group):
            yield f"{text}: {names.count(group['run_id'].nunique(), 'run')}", group


def _curve(axes: Axes, rows: pd.DataFrame, line: style.Line, label: str) -> None:
    style.draw(
        axes, of_values(_TOLERANCES, np.stack([spectra.positive(rows, t) for t in _TOLERANCES], axis=1)), line, label
    )
    zero = spectra.positive(rows, 0.0)
    middle = float(np.median(zero))
    beside = _ZERO * (0.7 if line.dashes == "-" else 1.4)
    spread = [[middle - zero.min()], [zero.max() - middle]]
    axes.errorbar([beside], [middle], yerr=spread, color=line.color, marker="o", markersize=4, linewidth=1.2)


def _tolerance_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xlim(_ZERO / 10, 1)
    decades = [-16, -12, -8, -4, 0]
    axes.xaxis.set_major_locator(FixedLocator([_ZERO, *(10.0**k for k in decades)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels(["0", *(f"$10^{{{k}}}$" for k in decades)])


def _norms(rows: pd.DataFrame) -> np.ndarray:
    return rows["gradient_norm"].to_numpy(float)


def _losses(rows: pd.DataFrame) -> np.ndarray:
    return rows["loss"].to_numpy(float)


def _of_a_constant(study: StudyResults) -> float:
    """The loss of the best constant, which a network predicts whose last hidden layers pass nothing on."""
    return float(np.var(evaluate(study.expected["function"].iloc[0], grid())))


def _against_loss(
    study: StudyResults, share: Callable[..., np.ndarray], plain: str, tolerant: str, label: str
) -> matplotlib.figure.Figure:
    rows = study.measured("critical_points", ("loss",))
    figure = style.canvas(width_in=7.6, height_in=4.4)
    panels = figure.subplots(1, 2, sharey=True)
    titles = (plain, tolerant.format(names.number(spectra.TOLERANCE)))
    for axes, tolerance, title in zip(panels, (0.0, spectra.TOLERANCE), titles, strict=True):
        _points(axes, rows, partial(share, tolerance=tolerance), _losses)
        axes.set(xlabel=label, title=title)
        axes.axhline(_of_a_constant(study), color=style.GREY, linestyle=":", linewidth=1.0)
    style.log_axis_over_decades(list(panels))
    panels[0].set_ylabel(f"{AXIS['loss']} (mean squared error)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def _points(
    axes: Axes,
    rows: pd.DataFrame,
    x: Callable[[pd.DataFrame], np.ndarray],
    y: Callable[[pd.DataFrame], np.ndarray],
) -> None:
    """A point a run and phase: filled where the phase met its threshold, hollow where it did not."""
    for phase, (label, line) in _PHASES.items():
        of = rows[rows["phase"] == phase]
        met = of["converged"].isin([True])
        for some, face, text in ((of[met], line.color, label), (of[~met], "none", f"{label}, threshold not met")):
            if len(some):
                axes.plot(
                    x(some),
                    y(some),
                    linestyle="",
                    marker=line.marker,
                    markersize=5,
                    color=line.color,
                    markerfacecolor=face,
                    alpha=0.65,
                    label=text,
                )


_PHASE_POINTS = (
    "A circle a run where Adam stopped, a triangle where its Newton steps did; hollow: its gradient norm was not below "
    "that phase's threshold."
)
_SPARED = (
    "Right: eigenvalues of at most 1e-9 of the largest absolute one count as zero. "
    "Dotted: the loss of the best constant."
)
FIGURES = (
    Figure(
        slug="minimal-ratio-tolerance",
        title="Minimal ratio by the tolerance for zero",
        caption="Fraction of eigenvalues above τ times the largest absolute one. Line: median over the panel's runs; "
        "dark band: middle half of them; pale band: lowest to highest. Points at 0 count every eigenvalue > 0, as "
        "the report does. Up to the dotted line (1e-12) an eigenvalue can be rounding alone; dashed (1e-9): the "
        "tolerance of the next figures.",
        alt="Curves of the fraction of positive eigenvalues over the tolerance on a logarithmic axis, after Adam and "
        "after Newton steps, with a point at tolerance 0.",
        draw=by_tolerance,
        table="critical_points",
        columns=("loss",),
        banded=False,
    ),
    Figure(
        slug="minimal-ratio-both",
        title="Minimal ratio against loss, with and without tolerance",
        caption=f"{_PHASE_POINTS} {_SPARED}",
        alt="Two scatter plots of the loss over the minimal ratio, one point a run and phase: counted above zero, and "
        "above a tolerance.",
        draw=minimal_ratio,
        table="critical_points",
        columns=("loss",),
        banded=False,
    ),
    Figure(
        slug="gradient-flatness",
        title="Is a small gradient near a critical point?",
        caption=f"{_PHASE_POINTS} Dotted: both thresholds. Above: the curvature along the gradient g as a share of the "
        "largest, 1 if g points where the loss curves most, about 0 if g lies in the Hessian's kernel: at such a "
        "gradient-flat point the loss is linear along g, and no zero is near. From the dashed line (0.44) up no point "
        "is gradient-flat. Below: after which part of the full Newton step some unit crosses its kink, where the "
        "gradient jumps and the quadratic model of the loss ends.",
        alt="Two scatter plots over the gradient's norm, logarithmic axes: the norm of Hessian times gradient over "
        "the product of their norms, and the fraction of the Newton step until a kink.",
        draw=flatness,
        table="critical_points",
        columns=("gradient_norm", "hessian_gradient_ratio"),
        banded=False,
    ),
    Figure(
        slug="negative-eigenvalues",
        title="Negative eigenvalues against loss, with and without tolerance",
        caption=f"{_PHASE_POINTS} {_SPARED}",
        alt="Two scatter plots of the loss over the fraction of negative eigenvalues, one point a run and phase: "
        "counted below zero, and below minus a tolerance.",
        draw=negative,
        table="critical_points",
        columns=("loss",),
        banded=False,
    ),
)
