"""Figures beyond 1-3-1: fits of labels corrupted in part, and their generalisation."""

import matplotlib.figure
from matplotlib.axes import Axes

from hw1 import looks
from hw1.tables import AXIS
from jobs import Figure, StudyResults, band, names, spread, style


def fitting(study: StudyResults) -> matplotlib.figure.Figure:
    """Train accuracy over test accuracy per epoch, one line a fraction."""
    rows = study.measured("curves", ("train_accuracy", "test_accuracy"))
    fractions = sorted(study.expected["fraction"].unique())
    figure = style.canvas(height_in=6.6)
    above, below = figure.subplots(2, 1, sharex=True)
    for axes, split in ((above, "train"), (below, "test")):
        for fraction, line in zip(fractions, style.ordered(len(fractions)), strict=True):
            of_fraction = rows[rows["fraction"] == fraction]
            if len(of_fraction):
                label = f"{names.value(100 * fraction)}% corrupted"
                style.draw(axes, band(of_fraction, "step", f"{split}_accuracy"), line, label)
        axes.set_ylabel(AXIS[f"{split}_accuracy"])
    style.epoch_axis(below)
    below.set_xlabel(AXIS["epoch"])
    style.legend_above(above, 3)
    return figure


def costs(study: StudyResults) -> matplotlib.figure.Figure:
    """Epochs to fit, and train and test error after them, over the fraction."""
    runs = study.measured("runs", ("n_steps", "train_accuracy", "test_accuracy"))
    figure = style.canvas(width_in=9.0, height_in=4.2)
    left, right = figure.subplots(1, 2)
    style.draw(left, spread(runs, "fraction", "n_steps"), looks.LENET, "epochs trained")
    unfitted = runs[~runs["converged"].isin([True])]
    if len(unfitted):
        left.plot(unfitted["fraction"], unfitted["n_steps"], "x", color=style.GREY, label="not fitted by then")
        style.legend_above(left, 2)
    left.set_ylim(bottom=0)
    left.set_ylabel("epochs to fit" + f" ({names.value(100 * study.expected['accuracy_at_least'].iloc[0])}% right)")
    for split, line in looks.SPLITS.items():
        errors = runs.assign(error=1 - runs[f"{split}_accuracy"])
        what = "train error (given labels)" if split == "train" else "test error (true labels)"
        style.draw(right, spread(errors, "fraction", "error"), line, what)
    between = [spread(runs, "fraction", f"{split}_accuracy") for split in looks.SPLITS]
    train, test = (1 - found.middle for found in between)
    right.fill_between(between[0].x, train, test, color=style.TRUTH, alpha=0.3, linewidth=0, label="generalisation gap")
    right.set_ylabel("error [fraction]")
    style.legend_above(right, 2)
    for axes in (left, right):
        _fraction_axis(axes, sorted(study.expected["fraction"].unique()))
    return figure


def _fraction_axis(axes: Axes, fractions: list[float]) -> None:
    axes.set_xticks(fractions)
    axes.set_xlabel("labels corrupted [fraction]")


FIGURES = (
    Figure(
        slug="corrupted-labels",
        title="Accuracy as labels corrupted in part are fitted",
        caption="Above: on all training images with their partly corrupted labels, after each epoch; a run that fits "
        "them ends there and keeps its last value. Below: on all test images with their true labels.",
        alt="Train accuracy over epochs above test accuracy over epochs, one line for each fraction of labels "
        "corrupted, from none to all.",
        draw=fitting,
        table="curves",
        columns=("train_accuracy", "test_accuracy"),
    ),
    Figure(
        slug="corruption-costs",
        title="Epochs to fit and generalisation gap against the fraction of labels corrupted",
        caption="Left: the epoch after which the train accuracy was high enough. Right: train and test error then, and "
        "between them (grey) the generalisation gap. At a fraction of 1 no label says anything, and nine in ten test "
        "images are missed by a guess.",
        alt="Left, epochs to fit over the fraction of labels corrupted; right, train error, test error and their gap.",
        draw=costs,
        table="runs",
        columns=("n_steps", "train_accuracy", "test_accuracy"),
    ),
)
