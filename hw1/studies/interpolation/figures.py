"""1-3-3: the two ends of each pair as they train, and the line through them."""

from collections.abc import Callable

import matplotlib.figure
import pandas as pd
from matplotlib.axes import Axes

from hw1 import labels, looks
from hw1.tables import AXIS
from jobs import Figure, StudyResults, band, names, style

_PANEL_IN = 4.4
_MEASURES = {"loss": "loss (cross-entropy)", "accuracy": "error, 1 − accuracy"}


def ends_accuracy(study: StudyResults) -> matplotlib.figure.Figure:
    """Train and test accuracy of both ends per epoch."""
    return _panels(study, "curves", ("accuracy",), _epochs)


def ends_loss(study: StudyResults) -> matplotlib.figure.Figure:
    """Train and test loss of both ends per epoch."""
    return _panels(study, "curves", ("loss",), _epochs)


def path_loss(study: StudyResults) -> matplotlib.figure.Figure:
    """Train and test loss along the line."""
    return _panels(study, "paths", ("loss",), _path)


def path_accuracy(study: StudyResults) -> matplotlib.figure.Figure:
    """Train and test accuracy along the line."""
    return _panels(study, "paths", ("accuracy",), _path)


def path(study: StudyResults) -> matplotlib.figure.Figure:
    """One panel a pair, along the line: loss on the left axis, error on the right one, pale."""
    pairs = names.settings(study.expected)
    figure = style.canvas(width_in=max(style.WIDTH_IN, 5.2 * len(pairs)), height_in=4.6)
    columns = tuple(f"{split}_{measure}" for measure in _MEASURES for split in looks.SPLITS)
    rows = study.measured("paths", columns)
    for axes, (_, expected) in zip(figure.subplots(1, len(pairs), squeeze=False)[0], pairs, strict=True):
        axes.set_title(_title(expected.iloc[0]), pad=20)
        axes.set(xlabel=AXIS["alpha"], ylabel=_MEASURES["loss"])
        of_pair = rows[rows["run_id"].isin(expected["run_id"])]
        if of_pair.empty:
            style.note_in(axes, "no data")
            continue
        other = axes.twinx()
        other.spines["right"].set_visible(True)
        other.grid(visible=False)
        other.set_ylabel(_MEASURES["accuracy"])
        for split, line in looks.SPLITS.items():
            errors = of_pair.assign(error=1 - of_pair[f"{split}_accuracy"])
            style.draw(other, band(errors, "alpha", "error"), line.lighter(), f"{split} error (right)")
        _path(axes, of_pair, "loss")
        style.log_axis_over_decades([axes])
        style.log_axis_over_decades([other])
        both = [a.get_legend_handles_labels() for a in (axes, other)]
        lines, said = ([*first, *second] for first, second in zip(*both, strict=True))
        axes.legend(lines, said, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, borderpad=0)
    return figure


def _panels(
    study: StudyResults, table: str, measures: tuple[str, ...], draw: Callable[[Axes, pd.DataFrame, str], None]
) -> matplotlib.figure.Figure:
    """One column a pair, one row a measure; a row shares its y axis."""
    pairs = names.settings(study.expected)
    figure = style.canvas(width_in=max(style.WIDTH_IN, _PANEL_IN * len(pairs)), height_in=1.6 + 2.9 * len(measures))
    grid = figure.subplots(len(measures), len(pairs), sharex="col", sharey="row", squeeze=False)
    for panels, measure in zip(grid, measures, strict=True):
        columns = tuple(f"{split}_{measure}" for split in looks.SPLITS)
        rows = study.measured(table, columns)
        for axes, (_, expected) in zip(panels, pairs, strict=True):
            of_pair = rows[rows["run_id"].isin(expected["run_id"])]
            if measure == "accuracy":
                of_pair = of_pair.assign(**{name: 1 - of_pair[name] for name in columns})
            if of_pair.empty:
                style.note_in(axes, "no data")
            else:
                draw(axes, of_pair, measure)
        panels[0].set_ylabel(_MEASURES[measure])
        style.log_axis_over_decades(list(panels))
    for axes, (_, expected) in zip(grid[0], pairs, strict=True):
        axes.set_title(_title(expected.iloc[0]), pad=20 if table == "paths" else None)
    for axes in grid[-1]:
        axes.set_xlabel(AXIS["alpha" if table == "paths" else "epoch"])
        style.legend_below(axes)
    return figure


def _title(row: pd.Series) -> str:
    first, second = labels.ends(row)
    return f"{labels.differs(row)}: end 1 = {first}, end 2 = {second}"


def _epochs(axes: Axes, rows: pd.DataFrame, measure: str) -> None:
    for end, dashes, marker in ((1, "-", "o"), (2, "--", "s")):
        for split, line in looks.SPLITS.items():
            look = style.Line(color=line.color, dashes=dashes, marker=marker)
            curve = band(rows[rows["end"] == end], "step", f"{split}_{measure}")
            style.draw(axes, curve, look, f"{split}, end {end}")
    style.epoch_axis(axes)


def _path(axes: Axes, rows: pd.DataFrame, measure: str) -> None:
    for split, line in looks.SPLITS.items():
        style.draw(axes, band(rows, "alpha", f"{split}_{measure}"), line, split)
    top = axes.get_subplotspec().is_first_row()  # type: ignore[union-attr]
    for alpha, name in ((0, "end 1"), (1, "end 2")):
        axes.axvline(alpha, color=style.GREY, linestyle=":", linewidth=1.2)
        if top:
            axes.text(
                alpha, 1.02, name, transform=axes.get_xaxis_transform(), ha="center", va="bottom", color=style.GREY
            )


_PATH = "θ(α) = (1−α)θ₁ + αθ₂ goes through end 1 at α = 0 and end 2 at α = 1 (dotted lines)."
FIGURES = (
    Figure(
        slug="ends-accuracy",
        title="Error per epoch of the two ends",
        caption="Error, 1 − accuracy, on a logarithmic axis. Both ends start from one initialisation; all train and "
        "test images, after each epoch.",
        alt="For each pair, lines of train and test error over epochs of end 1 (solid) and end 2 (dashed).",
        draw=ends_accuracy,
        table="curves",
        columns=("train_accuracy", "test_accuracy"),
    ),
    Figure(
        slug="ends-loss",
        title="Loss per epoch of the two ends",
        caption="Both ends start from one initialisation; all train and test images, after each epoch.",
        alt="For each pair, lines of train and test loss over epochs of end 1 (solid) and end 2 (dashed).",
        draw=ends_loss,
        table="curves",
        columns=("train_loss", "test_loss"),
    ),
    Figure(
        slug="path-loss",
        title="Loss against α",
        caption=_PATH,
        alt="For each pair, lines of train and test loss over α, with dotted lines at the ends α = 0 and 1.",
        draw=path_loss,
        table="paths",
        columns=("train_loss", "test_loss"),
    ),
    Figure(
        slug="path-accuracy",
        title="Error against α",
        caption=f"Error, 1 − accuracy, on a logarithmic axis. {_PATH}",
        alt="For each pair, lines of train and test error over α, with dotted lines at the ends α = 0 and 1.",
        draw=path_accuracy,
        table="paths",
        columns=("train_accuracy", "test_accuracy"),
    ),
    Figure(
        slug="path",
        title="Loss and error against α",
        caption=f"Loss on the left axis and, pale, error on the right one; both logarithmic. {_PATH}",
        alt="For each pair, loss and error over α in one panel, train and test, with dotted lines at the ends.",
        draw=path,
        table="paths",
        columns=("train_loss", "test_loss", "train_accuracy", "test_accuracy"),
    ),
)
