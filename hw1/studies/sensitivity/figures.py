"""1-3-3, left out: sensitivity to the input, and sharpness, of ends trained with different batch sizes."""

from collections.abc import Sequence

import matplotlib.figure
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from hw1 import looks
from hw1.studies.sensitivity.boxes import EPSILON, around
from hw1.tables import AXIS
from jobs import Figure, StudyResults, names, spread, style

_WIDTH_IN = 8.4
_BOXES = {
    "keskar": "box |Δ| ≤ ε(|θ| + 1), Keskar's",
    "adaptive": "box |Δ| ≤ ε|θ|, scales with the weights",
}
_NORMS = {"jacobian_norm": looks.DEEP, "logit_jacobian_norm": looks.MEDIUM}
_BATCH = "batch size"


def generalisation(study: StudyResults) -> matplotlib.figure.Figure:
    """Final loss and accuracy, and the norms of both Jacobians, over batch size."""
    figure = style.canvas(width_in=_WIDTH_IN, height_in=6.2)
    grid = figure.subplots(2, 2, sharex=True)
    runs = study.measured("runs", ("train_loss", "test_loss", "train_accuracy", "test_accuracy"))
    for axes, measure, label in zip(
        grid[0], ("loss", "accuracy"), ("loss (cross-entropy)", "accuracy [fraction]"), strict=True
    ):
        for split, line in looks.SPLITS.items():
            _over_batch_size(axes, runs, f"{split}_{measure}", line, split)
        axes.set_ylabel(label)
    style.log_axis_over_decades([grid[0][0]])
    norms = study.measured("sensitivity", tuple(_NORMS))
    for axes, (column, line) in zip(grid[1], _NORMS.items(), strict=True):
        _over_batch_size(axes, norms, column, line, None)
        axes.set_ylabel(AXIS["jacobian_norm"])
        style.log_axis(axes)
    for axes, title in zip(grid[1], ("of the probabilities (Novak et al.)", "of the class scores"), strict=True):
        axes.set_title(title)
    _batch_axes(study, list(grid.flat))
    for axes in grid[0]:
        style.legend_above(axes, 2)
    return figure


def sharpness(study: StudyResults) -> matplotlib.figure.Figure:
    """Sharpness over the size of the box, a line for each batch size; Keskar's box beside the adaptive one."""
    figure, panels = _side_by_side()
    sizes = _sizes(study)
    for axes, box in zip(panels, _BOXES, strict=True):
        rows = around(study, box, factor=1.0)
        for size, line in zip(sizes, style.ordered(len(sizes)), strict=True):
            of_size = rows[rows["batch_size"] == size]
            if len(of_size):
                style.draw(axes, spread(of_size, "epsilon", "sharpness"), line, f"{size:,}")
        _log_ticks(axes, sorted(rows["epsilon"].unique()))
        _finish(axes, rows, AXIS["epsilon"], box)
    _legend(panels, 3, _BATCH)
    return figure


def rescaling(study: StudyResults) -> matplotlib.figure.Figure:
    """Sharpness over batch size, of the weights as trained and of rescaled ones; both boxes."""
    figure, panels = _side_by_side()
    for axes, box in zip(panels, _BOXES, strict=True):
        rows = around(study, box, epsilon=EPSILON[box])
        factors = sorted(rows["factor"].unique())
        chosen = (looks.TRAIN, looks.LENET, looks.CNN, looks.SHALLOW)
        for place, (factor, look) in enumerate(zip(factors, chosen, strict=False)):
            name = "as trained" if factor == 1 else f"rescaled by {names.number(factor)}"
            line = style.Line(color=look.color, dashes=look.dashes, marker="osD^"[place], width=3.0 - 0.9 * place)
            _over_batch_size(axes, rows[rows["factor"] == factor], "sharpness", line, name)
        _finish(axes, rows, _BATCH, f"{box}, ε = {EPSILON[box]:g}")
    _batch_axes(study, panels)
    _legend(panels, 2)
    return figure


def _side_by_side() -> tuple[matplotlib.figure.Figure, list[Axes]]:
    figure = style.canvas(width_in=_WIDTH_IN, height_in=4.4)
    return figure, list(figure.subplots(1, 2))


def _sizes(study: StudyResults) -> list[int]:
    return sorted({int(size) for size in study.expected["batch_size"]})


def _over_batch_size(axes: Axes, rows: pd.DataFrame, column: str, line: style.Line, label: str | None) -> None:
    if len(rows):
        style.draw(axes, spread(rows, "batch_size", column), line, label)


def _finish(axes: Axes, rows: pd.DataFrame, x_label: str, title: str) -> None:
    """Labels, a logarithmic y axis, and the box in words above."""
    box, _, rest = title.partition(",")
    axes.set_title(_BOXES[box] + (f";{rest}" if rest else ""), size=9.5)
    axes.set(xlabel=x_label, ylabel=AXIS["sharpness"])
    if rows.empty:
        style.note_in(axes, "no data")
    elif (rows["sharpness"] > 0).any():
        style.log_axis(axes)


def _batch_axes(study: StudyResults, panels: list[Axes]) -> None:
    sizes = _sizes(study)
    for axes in panels:
        _log_ticks(axes, sizes)
        place = axes.get_subplotspec()
        if place is None or place.is_last_row():
            axes.set_xlabel(_BATCH)


def _log_ticks(axes: Axes, values: Sequence[float]) -> None:
    """A logarithmic x axis with ticks at what was measured, and room for their text."""
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(values, [names.number(value) for value in values])
    axes.margins(x=0.08)


def _legend(panels: list[Axes], n_columns: int, title: str | None = None) -> None:
    """The same legend below every panel."""
    for axes in panels:
        if axes.get_legend_handles_labels()[0]:
            axes.legend(title=title, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=n_columns, borderpad=0)


FIGURES = (
    Figure(
        slug="batch-size",
        title="Loss, accuracy and sensitivity against batch size",
        caption="After the last epoch: loss and accuracy on all images; below, Frobenius norms of the Jacobian by the "
        "input as the network sees it, means over test images. The probabilities' norm is Novak's; it is small "
        "wherever the softmax is sure of itself, the class scores' is not. Logarithmic axes but for accuracy.",
        alt="Four plots over batch size: train and test loss, train and test accuracy, and the norms of the Jacobians "
        "of probabilities and of class scores.",
        draw=generalisation,
        table="sensitivity",
        columns=("jacobian_norm", "logit_jacobian_norm"),
    ),
    Figure(
        slug="sharpness",
        title="Sharpness against the size of the box",
        caption="Largest rise of the training loss found in a box around the weights, (max − loss) / (1 + loss), on "
        "the same training images for all. Both axes logarithmic; the two boxes' ε are not comparable.",
        alt="Two plots of sharpness over ε with a line for each batch size: for Keskar's box and for the one that "
        "scales with the weights.",
        draw=sharpness,
        table="sharpness",
        columns=("sharpness",),
    ),
    Figure(
        slug="rescaling",
        title="Sharpness of the same function, rescaled",
        caption="The first of the two dense hidden layers scaled by a factor and the second one's weights by its "
        "inverse: not one output changes. Sharpness in Keskar's box does (left); in a box that scales with the "
        "weights it cannot, and the lines coincide (right).",
        alt="Two plots of sharpness over batch size, as trained and after two rescalings: apart for Keskar's box, "
        "coinciding for the one that scales with the weights.",
        draw=rescaling,
        table="sharpness",
        columns=("sharpness",),
    ),
)
