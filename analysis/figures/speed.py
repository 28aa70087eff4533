"""Ratios of every peer's time to ours for the same work, and the least that the arithmetic takes."""

import statistics
import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from analysis import names, style
from results.bench import FLOOR, US, Row, ratios

_HEIGHT_IN, _BAND_IN = 1.5, 0.62
_SPREAD = 0.62
"""Share of a work's band that its peers take."""
_LABEL = 32
"""Characters of a line of a work's title."""
_LOOKS = {
    "notebook": style.Line(color="#0072B2", marker="o"),
    "submitit": style.Line(color="#E69F00", marker="s"),
    "joblib": style.Line(color="#009E73", marker="^"),
    "ray": style.Line(color="#D55E00", marker="D"),
    "parsl": style.Line(color="#56B4E9", marker="v"),
    "dask": style.Line(color="#F0E442", marker="<"),
    "executorlib": style.Line(color="#999933", marker=">"),
    "hyperqueue": style.Line(color="#882255", marker="p"),
    "hydra": style.Line(color="#CC79A7", marker="P"),
    "snakemake": style.Line(color="#117733", marker="h"),
    "jax": style.Line(color="#000000", marker="X"),
    FLOOR: style.Line(color=style.GREY, marker="|"),
}


def figure(rows: Sequence[Row]) -> Figure:
    """A dot a peer and work, the median over rounds, with the range of the rounds as a line; we are at 1."""
    works = list(dict.fromkeys((row["work"], row["title"]) for row in rows))
    drawn = style.canvas(width_in=7.6, height_in=_HEIGHT_IN + _BAND_IN * len(works))
    axes = drawn.subplots()
    axes.set_xscale("log")
    labelled = set[str]()
    for band, (work, _) in enumerate(works):
        sides = [side for side in _LOOKS if ratios(rows, work, side)]
        for k, side in enumerate(sides):
            y = band + _SPREAD * ((k + 0.5) / len(sides) - 0.5)
            found, look = ratios(rows, work, side), _LOOKS[side]
            label = None if side in labelled else side
            labelled.add(side)
            axes.plot([min(found), max(found)], [y, y], color=look.color, linewidth=look.width)
            at = statistics.median(found)
            axes.plot(at, y, color=look.color, marker=look.marker, markersize=7, linestyle="", label=label)
    axes.axvline(1, color=style.GREY, linewidth=1.2)
    axes.annotate(US, (1, 1), xycoords=("data", "axes fraction"), xytext=(3, -10), textcoords="offset points")
    axes.set_yticks(range(len(works)), ["\n".join(textwrap.wrap(title, _LABEL)) for _, title in works])
    axes.set_ylim(len(works) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"×{names.number(x)}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("time for the same work, ours = 1")
    drawn.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=5)
    return drawn
