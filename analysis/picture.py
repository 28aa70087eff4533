"""A declared figure as a picture: drawn from what is there, marked with what is missing, saved as png and svg."""

import io
from dataclasses import dataclass
from typing import NamedTuple

import matplotlib.figure
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from PIL import Image

from analysis import names, style
from analysis.bands import FEW_RUNS
from analysis.figure import Figure
from analysis.frames import StudyResults
from analysis.vector import shortened

_SMALL_PX = 320
_SMALL_QUALITY = 55


class Drawn(NamedTuple):
    """A figure, and what stands in it: which runs it lacks, and how its lines are read."""

    drawing: matplotlib.figure.Figure
    missing: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A figure's files, its size, and what stands in it."""

    png: bytes
    svg: bytes
    small: bytes
    """A webp of a few kilobytes, for lists."""
    width_in: float
    height_in: float
    missing: str
    note: str


def picture(figure: Figure, study: StudyResults) -> Picture:
    """The figure drawn in house style and saved; the same frames give the same bytes."""
    with style.house_style():
        drawing, missing, note = drawn(figure, study)
        png, svg = io.BytesIO(), io.StringIO()
        # The canvases directly: `savefig` draws every figure once more for each file, without output.
        FigureCanvasAgg(drawing).print_png(png)  # type: ignore[no-untyped-call]
        drawing.set_layout_engine("none")
        FigureCanvasSVG(drawing).print_svg(svg, metadata={"Date": None})  # type: ignore[no-untyped-call]
    return Picture(
        png=png.getvalue(),
        small=_small(png),
        svg=shortened(svg.getvalue()).encode(),
        width_in=drawing.get_figwidth(),
        height_in=drawing.get_figheight(),
        missing=missing,
        note=note,
    )


def drawn(figure: Figure, study: StudyResults) -> Drawn:
    """The figure with its marks; a text panel where there is no data."""
    shown = study.where(figure.of) if figure.of else study
    rows = shown.measured(figure.table, figure.columns) if figure.table else None
    if rows is not None and rows.empty:
        result = Drawn(style.text_panel(_no_data(figure, shown)), missing=_no_data(figure, shown), note="")
        style.mark(result.drawing, smoke=study.smoke)
    else:
        missing = "" if rows is None else names.missing(shown.expected, shown.without(rows))
        note = _seeds(shown, rows) if rows is not None and figure.banded else ""
        result = Drawn(figure.draw(shown), missing=missing, note=note)
        style.mark(result.drawing, smoke=study.smoke, missing=missing, note=note)
    return result


def _small(png: io.BytesIO) -> bytes:
    """The same picture in few pixels."""
    with Image.open(png) as image:
        size = (_SMALL_PX, round(_SMALL_PX * image.height / image.width))
        shrunk = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    small = io.BytesIO()
    shrunk.save(small, "WEBP", quality=_SMALL_QUALITY)
    return small.getvalue()


def _no_data(figure: Figure, study: StudyResults) -> str:
    if study.expected.empty:
        return "No data: this sweep has no run for this figure."
    n_runs = len(study.expected)
    if study.runs.empty:
        return f"No data: missing {n_runs} of {names.count(n_runs, 'run')}."
    n_done = names.count(len(study.runs), "run")
    return f"No data: {n_done} of {n_runs} finished, but the table {figure.table} holds nothing for this figure."


def _seeds(study: StudyResults, rows: pd.DataFrame) -> str:
    held = rows["run_id"].unique()
    done = [setting["run_id"].isin(held).sum() for _, setting in names.settings(study.expected)]
    fewest, most = min(n for n in done if n), max(done)
    if most == 1:
        return ""
    n_seeds = most if fewest == most else f"{fewest} to {most}"
    if most <= FEW_RUNS:
        return f"Line: median over {n_seeds} seeds; band: lowest to highest; faint: single runs."
    return f"Line: median over {n_seeds} seeds; dark band: middle half of them; pale band: lowest to highest."
