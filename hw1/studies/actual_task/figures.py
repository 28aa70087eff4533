"""1-1-2: training loss and accuracy of LeNet and the CNN."""

import matplotlib.figure

from hw1 import labels, looks
from hw1.tables import AXIS
from jobs import Figure, StudyResults, band, names, style


def loss(study: StudyResults) -> matplotlib.figure.Figure:
    """Training loss per epoch."""
    figure = _per_epoch(study, "train_loss", "running_loss", "cross-entropy")
    style.log_axis_over_decades(figure.axes)
    return figure


def accuracy(study: StudyResults) -> matplotlib.figure.Figure:
    """Training error, which is what the accuracy lacks to 1, per epoch."""
    figure = _per_epoch(study, "train_accuracy", "running_accuracy", None, as_error=True)
    figure.axes[0].set_ylabel("train error, 1 − accuracy")
    style.log_axis_over_decades(figure.axes)
    return figure


def _per_epoch(
    study: StudyResults, measure: str, running: str, unit: str | None, *, as_error: bool = False
) -> matplotlib.figure.Figure:
    figure = style.canvas()
    axes = figure.subplots()
    rows = study.measured("curves", (measure,))
    rows = rows.assign(**{name: 1 - rows[name] for name in (measure, running)}) if as_error else rows
    for model, runs in rows.groupby("model", sort=False):
        line = looks.MODELS[str(model)]
        name = labels.model(runs.iloc[0])
        parameters = names.count(int(runs["n_params"].iloc[0]), "parameter")
        style.draw(axes, band(runs, "step", measure), line, f"{name} ({parameters})")
        if runs[running].notna().any():
            style.draw(axes, band(runs, "step", running), line.lighter(), f"{name}, running mean")
    style.epoch_axis(axes)
    axes.set(xlabel=AXIS["epoch"], ylabel=AXIS[measure] + (f" ({unit})" if unit else ""))
    style.legend_above(axes, 2)
    return figure


_RUNNING = (
    "on all training images after each epoch, in evaluation mode; pale: the mean over the epoch's batches as the "
    "weights moved, dropout on."
)
FIGURES = (
    Figure(
        slug="task-loss",
        title="Training loss, LeNet and CNN",
        caption=f"Loss {_RUNNING}",
        alt="Lines of the training loss over epochs for LeNet and CNN, each with a paler line of the running one.",
        draw=loss,
        table="curves",
        columns=("train_loss",),
    ),
    Figure(
        slug="task-accuracy",
        title="Training error, LeNet and CNN",
        caption=f"Error, 1 − accuracy, {_RUNNING}",
        alt="Lines of the training error over epochs for LeNet and CNN, each with a paler line of the running one.",
        draw=accuracy,
        table="curves",
        columns=("train_accuracy",),
    ),
)
