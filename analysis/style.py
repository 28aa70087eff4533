"""Style of every figure: colours that colour-blind readers tell apart, axes, legends, marks below and above."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from analysis import names
from analysis.bands import Band

SMOKE = "SMOKE RUN: shortened runs, to see that everything works; the numbers mean nothing"
TRUTH = "#b0b0b0"
GREY = "#595959"
WIDTH_IN = 5.8
_ALARM = "#a33a00"
_LINE_IN = 0.19
_DECADES = 2.3
_MOST_MARKERS = 30
_SPACED_MARKERS = 9
_CHARACTERS_PER_IN = 13.5
_RC = {
    "axes.axisbelow": True,
    "axes.formatter.limits": (-5, 7),
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "font.size": 10.5,
    "grid.color": "#e2e2e2",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "legend.columnspacing": 1.4,
    "legend.handlelength": 2.2,
    "legend.handletextpad": 0.6,
    "figure.dpi": 160,
    "svg.fonttype": "path",
    "svg.hashsalt": "hw1",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A series' colour, dashes and marker, so that it is told apart in grey too."""

    color: str
    dashes: str = "-"
    marker: str = "o"
    width: float = 1.6
    alpha: float = 1.0

    def solid(self, marker: str | None = None) -> "Line":
        """The same series without dashes, which noise would hide; with another marker if one is given."""
        return replace(self, dashes="-", width=1.2, marker=self.marker if marker is None else marker)

    def lighter(self) -> "Line":
        """The same series, standing back: thin and pale."""
        return replace(self, width=1.0, alpha=0.45)


def ordered(n: int) -> list[Line]:
    """Looks of settings that have an order: colours from dark to light that colour-blind readers see as such."""
    ramp = mpl.colormaps["viridis"](np.linspace(0, 0.7, n))
    return [Line(color=to_hex(color), marker="osD^vP"[k % 6]) for k, color in enumerate(ramp)]


@contextmanager
def house_style() -> Iterator[None]:
    """The defaults of matplotlib and ours on top, whatever the user's settings are; both end with the context."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)  # type: ignore[arg-type]
        yield


def canvas(*, width_in: float = WIDTH_IN, height_in: float = 3.9) -> Figure:
    """An empty figure."""
    return Figure(figsize=(width_in, height_in), layout="constrained")


def draw(axes: Axes, band: Band, line: Line, label: str | None) -> None:
    """A series: its median as a line, behind it the band over seeds, and in that each run, or the middle half of many.

    Every point has a marker where they are few; otherwise some points do, evenly along x.
    """
    spaced = np.searchsorted(band.x, np.linspace(band.x[0], band.x[-1], _SPACED_MARKERS + 2)[1:-1])
    if band.n_seeds > 1:
        axes.fill_between(band.x, band.low, band.high, color=line.color, alpha=0.12 * line.alpha, linewidth=0)
        if not band.runs:
            axes.fill_between(band.x, band.lower, band.upper, color=line.color, alpha=0.22 * line.alpha, linewidth=0)
    for x, y in band.runs:
        marker = "." if len(x) == 1 else ""
        look: dict[str, Any] = {"color": line.color, "alpha": 0.3 * line.alpha, "linewidth": 0.5, "zorder": 1.5}
        axes.plot(x, y, marker=marker, markersize=4, **look)
    axes.plot(
        band.x,
        band.middle,
        color=line.color,
        linestyle=line.dashes,
        linewidth=line.width,
        alpha=line.alpha,
        marker=line.marker,
        markersize=4,
        markevery=None if len(band.x) <= _MOST_MARKERS else spaced.tolist(),
        label=label,
    )


def legend_above(axes: Axes, n_columns: int = 1, *, right: bool = False) -> None:
    """The legend over the plot, off the data; at the right where a title stands at the left."""
    axes.legend(
        loc="lower right" if right else "lower left",
        bbox_to_anchor=(int(right), 1.01),
        ncols=n_columns,
        borderaxespad=0.2,
        borderpad=0,
    )


def legend_below(axes: Axes, n_columns: int = 2) -> None:
    """The legend under the axis label, where a title or marks stand above the plot."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=n_columns, borderpad=0)


def log_axis(axes: Axes) -> None:
    """A logarithmic y axis, labelled in plain numbers; at 1, 2 and 5 where it spans few decades, or at more if one."""
    low, high = axes.dataLim.intervaly
    axes.set_yscale("log")
    n_decades = np.log10(high / low) if 0 < low < high else np.inf
    within = (1, 1.5, 2, 3, 4, 6, 8) if n_decades < 1 else (1, 2, 5)
    axes.yaxis.set_major_locator(LogLocator(subs=within if n_decades < _DECADES else (1,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: names.number(y)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def log_axis_over_decades(panels: Sequence[Axes]) -> None:
    """Logarithmic y axes if what the panels show spans more than a decade."""
    shown = [panel.dataLim.intervaly for panel in panels if panel.has_data()]
    low, high = min((a for a, _ in shown), default=0), max((b for _, b in shown), default=0)
    if 0 < low * 10 < high:
        for panel in panels:
            log_axis(panel)


def epoch_axis(axes: Axes) -> None:
    """Whole epochs as ticks."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def iteration_axis(axes: Axes) -> None:
    """Iterations with thousands separators."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))


def note_in(axes: Axes, text: str) -> None:
    """Text in the middle of a plot that has nothing to show."""
    wrapped = "\n".join(textwrap.wrap(text, 44))
    axes.text(0.5, 0.5, wrapped, transform=axes.transAxes, ha="center", va="center", color=GREY)


def text_panel(text: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    figure = canvas(height_in=2.4)
    axes = figure.subplots()
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, linestyle=":", color=GREY)
    note_in(axes, text)
    return figure


def mark(figure: Figure, *, smoke: bool, missing: str = "", note: str = "") -> None:
    """The smoke mark above the plots, and below them what is missing and how to read them; the plots make room."""
    height, width = figure.get_figheight(), figure.get_figwidth()
    lines = [
        (line, color)
        for text, color in ((note, GREY), (missing, _ALARM))
        for line in reversed(textwrap.wrap(text, int(width * _CHARACTERS_PER_IN)))
    ]
    top, bottom = 1.6 * _LINE_IN * smoke / height, (len(lines) + 0.5 * bool(lines)) * _LINE_IN / height
    if smoke:
        box = {"boxstyle": "square,pad=0.3", "facecolor": "#fff3cd", "edgecolor": _ALARM}
        figure.text(0.5, 1 - top / 2, SMOKE, ha="center", va="center", color=_ALARM, weight="bold", bbox=box)
    for above, (line, color) in enumerate(lines):
        weight = "bold" if color == _ALARM else "normal"
        y = (0.05 + above * _LINE_IN) / height
        figure.text(0.07 / width, y, line, va="bottom", size=9.5, color=color, weight=weight)
    figure.get_layout_engine().set(rect=(0, bottom, 1, 1 - top - bottom))  # type: ignore[union-attr, call-arg]


def count_axis(axes: Axes, counts: Sequence[int]) -> None:
    """A logarithmic x axis with a tick at every one of these counts."""
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(counts, [f"{n:,}" for n in counts], rotation=90, size=9)
