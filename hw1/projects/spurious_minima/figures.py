"""The published table beside ours: shares over size, every cell, and how the ends curve."""

from functools import partial
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hw1.projects.spurious_minima.claims import WITHIN, counted, ends_at_rest, is_cell
from hw1.projects.spurious_minima.published import CELLS, N_RUNS
from jobs import Figure, Line, StudyResults, share, style

OURS, PUBLISHED = Line(color="#0072b2", marker="o"), Line(color="#d55e00", marker="D")
_LEVEL = 0.05
_KINDS = ((0, "n = k"), (1, "n = k + 1"))
_BESIDE = 0.12


def _cells(study: StudyResults) -> pd.DataFrame:
    """Of each cell our counts, the published ones (NaN where there are none), and k."""
    rows = [
        {"n": n, "k": k, "met": counts[0], "of": counts[1], "published": CELLS.get((n, k), np.nan)}
        for n, k in study.expected[["n", "k"]].drop_duplicates().itertuples(index=False)
        if (counts := counted(study, partial(is_cell, n=n, k=k), whole=False))[1]
    ]
    return pd.DataFrame(rows)


def _points(axes: Axes, cells: pd.DataFrame, beside: float, line: Line, label: str) -> None:
    """Shares over k in percent, with their exact intervals."""
    x, middle = cells["k"] + beside, (100 * cells["met"] / cells["of"]).to_numpy(float)
    each = [share(int(m), int(n), _LEVEL) for m, n in zip(cells["met"], cells["of"], strict=True)]
    reach = np.abs(100 * np.array(each).T - middle)
    look: dict[str, Any] = {
        "color": line.color,
        "marker": line.marker,
        "markersize": 4.5,
        "linestyle": "",
        "linewidth": 1.2,
    }
    axes.errorbar(x, middle, yerr=reach, capsize=2, label=label, **look)


def shares(study: StudyResults) -> matplotlib.figure.Figure:
    """Share of spurious ends over the teacher's size, ours and published."""
    figure = style.canvas(width_in=7.6, height_in=3.9)
    panels = figure.subplots(1, 2, sharey=True)
    cells = _cells(study)
    for axes, (more, name) in zip(panels, _KINDS, strict=True):
        some = cells[cells["n"] == cells["k"] + more]
        _points(axes, some, -_BESIDE, OURS, "ours")
        _points(axes, some.dropna().assign(met=some["published"], of=N_RUNS), _BESIDE, PUBLISHED, "published")
        axes.set(xlabel="k, neurons of the teacher", title=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set_ylabel("spurious ends [% of runs]")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def cells(study: StudyResults) -> matplotlib.figure.Figure:
    """The table: every cell with our share, the published one and their difference."""
    rows = _cells(study)
    sizes = sorted(set(rows["k"]))
    figure = style.canvas(width_in=7.6, height_in=0.24 * (len(sizes) + 3))
    axes = figure.subplots()
    axes.set(xlim=(0, 8.3), ylim=(len(sizes) + 0.4, -1.6))
    axes.axis("off")
    _line(axes, -0.3, 0.4, ("k",), weight="bold")
    for line, k in enumerate(sizes):
        _line(axes, line + 0.7, 0.4, (f"{k}",))
        axes.axhline(line + 0.95, color="#e2e2e2", linewidth=0.7)
    for at, (more, name) in zip((1.5, 5.4), _KINDS, strict=True):
        _line(axes, -1.2, at, (name,), weight="bold")
        _line(axes, -0.3, at, ("ours [%]", "published", "difference"), size=9)
        for row in rows[rows["n"] == rows["k"] + more].to_dict("records"):
            ours, other = 100 * row["met"] / row["of"], 100 * row["published"] / N_RUNS
            known = (f"{other:.1f}", f"{ours - other:+.1f}") if np.isfinite(other) else ("–", "")
            _line(axes, sizes.index(row["k"]) + 0.7, at, (f"{ours:.1f}", *known))
    return figure


def _line(axes: Axes, y: float, x: float, texts: tuple[str, ...], **look: Any) -> None:  # noqa: ANN401 - of matplotlib
    for text, more in zip(texts, (0.0, 1.2, 2.4), strict=False):
        axes.text(x + more, y, text.replace("-", "\N{MINUS SIGN}"), ha="right", **look)


def eigenvalues(study: StudyResults) -> matplotlib.figure.Figure:
    """Least eigenvalue of the Hessian where runs ended, over size, a point a run."""
    figure = style.canvas(width_in=7.6, height_in=4.2)
    axes = figure.subplots()
    drawn = (
        (0, False, "n = k, global minimum", Line(color="#009e73", marker="o")),
        (0, True, "n = k, spurious", OURS),
        (1, True, "n = k + 1, spurious", PUBLISHED),
    )
    for place, (more, spurious, label, line) in enumerate(drawn):
        rest = ends_at_rest(study.runs, more)
        some = rest[rest["is_spurious"].astype(bool) == spurious]
        if len(some):
            name = f"{label}: {len(some):,} runs, lowest {some['least_eigenvalue'].min():.2g}"
            x = some["n"].to_numpy(float) + 0.22 * (place - 1)
            look: dict[str, Any] = {
                "color": line.color,
                "marker": line.marker,
                "markersize": 3,
                "alpha": 0.3,
                "linestyle": "",
            }
            axes.plot(x, some["least_eigenvalue"], label=name, rasterized=True, **look)
    style.log_axis_over_decades([axes])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="n, neurons of the student", ylabel="least eigenvalue of the Hessian")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left")
    return figure


_ALL = ("is_spurious",)
FIGURES = (
    Figure(
        slug="shares",
        title="Share of spurious ends",
        caption="Share of runs that end at a loss of 0.001 or more, ours and published, with exact 95% intervals. "
        "Left: as many neurons as the teacher; right: one more. The bars of cells that still lack runs are wider.",
        alt="Two panels of points with bars over the teacher's size: the share of spurious ends, ours and published.",
        draw=shares,
        columns=_ALL,
        banded=False,
    ),
    Figure(
        slug="cells",
        title="The table, cell by cell",
        caption="Share of spurious ends, in percent, and differences in points. A dash: the cell was not published, or "
        f"not counted. S1 judges whether each cell agrees within {100 * WITHIN:.0f} points.",
        alt="A table over the teacher's size, with n = k and n = k + 1: our share, the published one, the difference.",
        draw=cells,
        columns=_ALL,
        banded=False,
    ),
    Figure(
        slug="eigenvalues",
        title="Least eigenvalue where runs ended",
        caption="Least eigenvalue of the Hessian at each end where the gradient vanished. Without the global minima of "
        "n = k + 1: two neurons share a teacher there, so that the least eigenvalue is 0.",
        alt="Points of the least eigenvalue over the student's size on a logarithmic axis, in three colours.",
        draw=eigenvalues,
        columns=("least_eigenvalue",),
        banded=False,
    ),
)
