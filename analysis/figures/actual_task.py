"""1-1-2: training loss and accuracy of LeNet and the CNN."""

from matplotlib.figure import Figure

from analysis import names
from analysis.bands import band
from analysis.figures import style
from analysis.frames import Study
from results.schema import AXIS


def loss(study: Study) -> Figure:
    """Training loss per epoch."""
    figure = _per_epoch(study, "train_loss", "running_loss", "cross-entropy")
    style.log_axis_over_decades(figure.axes)
    return figure


def accuracy(study: Study) -> Figure:
    """Training accuracy per epoch."""
    return _per_epoch(study, "train_accuracy", "running_accuracy", None)


def _per_epoch(study: Study, measure: str, running: str, unit: str | None) -> Figure:
    figure = style.canvas()
    axes = figure.subplots()
    rows = study.measured("curves", (measure,))
    for model, runs in rows.groupby("model", sort=False):
        line = style.MODELS[str(model)]
        name = names.model(runs.iloc[0])
        parameters = names.count(int(runs["n_params"].iloc[0]), "parameter")
        style.draw(axes, band(runs, "step", measure), line, f"{name} ({parameters})")
        if runs[running].notna().any():
            style.draw(axes, band(runs, "step", running), line.lighter(), f"{name}, running mean")
    style.epoch_axis(axes)
    axes.set(xlabel=AXIS["epoch"], ylabel=AXIS[measure] + (f" ({unit})" if unit else ""))
    style.legend_above(axes, 2)
    return figure
