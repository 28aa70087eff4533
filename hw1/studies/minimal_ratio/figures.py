"""1-2-3: where the gradient is almost zero, the share of positive curvature against the loss."""

import matplotlib.figure

from hw1 import looks
from hw1.studies.minimal_ratio.alive import is_alive
from hw1.tables import AXIS
from jobs import Figure, StudyResults, names, style


def minimal_ratio(study: StudyResults) -> matplotlib.figure.Figure:
    """Minimal ratio against loss, one point a run: living, dead, and crosses that did not reach the threshold."""
    figure = style.canvas(height_in=4.6)
    axes = figure.subplots()
    runs = study.measured("runs", ("minimal_ratio", "train_loss"))
    met = runs["converged"].isin([True])
    below = names.value(study.expected["gradient_norm_below"].iloc[0])
    last = names.value(study.expected["max_iterations"].iloc[0])
    alive = is_alive(runs["train_loss"])
    for rows, label, look in (
        (runs[met & alive], f"gradient norm < {below}", {"marker": "o", "color": looks.DEEP.color, "alpha": 0.65}),
        (runs[met & ~alive], "dead: gives a constant", {"marker": "s", "color": looks.CNN.color, "alpha": 0.65}),
        (runs[~met], f"still ≥ {below} after {last} iterations", {"marker": "x", "color": looks.LENET.color}),
    ):
        if len(rows):
            text = f"{label}: {names.count(len(rows), 'run')}"
            axes.plot(rows["minimal_ratio"], rows["train_loss"], linestyle="", label=text, markersize=6, **look)
    style.log_axis_over_decades([axes])
    axes.set(xlabel=AXIS["minimal_ratio"], ylabel=f"{AXIS['train_loss']} (mean squared error)")
    style.legend_above(axes)
    return figure


FIGURES = (
    Figure(
        slug="minimal-ratio",
        title="Minimal ratio against loss",
        caption="One point a run, where its gradient norm fell below the threshold; crosses never got there. Squares "
        "are dead: they give a constant, whatever their input, and their loss is f1's variance.",
        alt="Scatter plot of the training loss over the minimal ratio, one point a run.",
        draw=minimal_ratio,
        table="runs",
        columns=("minimal_ratio", "train_loss"),
        banded=False,
    ),
)
