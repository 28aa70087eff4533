"""1-3-1: what happens to train and test loss when the training labels are random."""

import math

import matplotlib.figure

from hw1 import looks
from hw1.tables import AXIS
from jobs import Figure, StudyResults, band, style

_N_CLASSES = 10


def loss(study: StudyResults) -> matplotlib.figure.Figure:
    """Train and test loss per epoch, with the loss of a uniform guess for comparison."""
    figure = style.canvas()
    axes = figure.subplots()
    rows = study.measured("curves", ("train_loss", "test_loss"))
    for split, line in looks.SPLITS.items():
        style.draw(axes, band(rows, "step", f"{split}_loss"), line, AXIS[f"{split}_loss"])
    guess = math.log(_N_CLASSES)
    axes.axhline(guess, color=style.GREY, linestyle=":", linewidth=1.2, label="uniform guess (ln 10)")
    style.log_axis_over_decades([axes])
    style.epoch_axis(axes)
    axes.set(xlabel=AXIS["epoch"], ylabel="loss (cross-entropy)")
    style.legend_above(axes, 3)
    return figure


FIGURES = (
    Figure(
        slug="random-labels",
        title="Random labels: train and test loss",
        caption="Training labels drawn at random, test labels true; dotted: the loss of giving every class equal odds.",
        alt="Lines of train and test loss over epochs, and a dotted line at the loss of a uniform guess.",
        draw=loss,
        table="curves",
        columns=("train_loss", "test_loss"),
    ),
)
