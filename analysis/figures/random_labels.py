"""1-3-1: what happens to train and test loss when the training labels are random."""

import math

from matplotlib.figure import Figure

from analysis.bands import band
from analysis.figures import style
from analysis.frames import Study
from results.schema import AXIS

_N_CLASSES = 10


def loss(study: Study) -> Figure:
    """Train and test loss per epoch, with the loss of a uniform guess for comparison."""
    figure = style.canvas()
    axes = figure.subplots()
    rows = study.measured("curves", ("train_loss", "test_loss"))
    for split, line in style.SPLITS.items():
        style.draw(axes, band(rows, "step", f"{split}_loss"), line, AXIS[f"{split}_loss"])
    guess = math.log(_N_CLASSES)
    axes.axhline(guess, color=style.GREY, linestyle=":", linewidth=1.2, label="uniform guess (ln 10)")
    style.log_axis_over_decades([axes])
    style.epoch_axis(axes)
    axes.set(xlabel=AXIS["epoch"], ylabel="loss (cross-entropy)")
    style.legend_above(axes, 3)
    return figure
