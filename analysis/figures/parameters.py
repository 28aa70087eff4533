"""1-3-2: final loss and accuracy against the number of parameters."""

from matplotlib.figure import Figure

from analysis.bands import spread
from analysis.figures import style
from analysis.frames import Study
from results.schema import AXIS


def loss(study: Study) -> Figure:
    """Final train and test loss of each model."""
    figure = _per_model(study, "loss", "loss (cross-entropy)")
    style.log_axis_over_decades(figure.axes)
    return figure


def accuracy(study: Study) -> Figure:
    """Final train and test accuracy of each model."""
    return _per_model(study, "accuracy", "accuracy [fraction]")


def _per_model(study: Study, measure: str, label: str) -> Figure:
    figure = style.canvas(width_in=7.0, height_in=4.6)
    axes = figure.subplots()
    rows = study.measured("runs", (f"train_{measure}", f"test_{measure}"))
    for split, line in style.SPLITS.items():
        style.draw(axes, spread(rows, "n_params", f"{split}_{measure}"), line, AXIS[f"{split}_{measure}"])
    style.count_axis(axes, sorted({int(n) for n in study.expected["n_params"]}))
    axes.set(xlabel=AXIS["n_params"], ylabel=label)
    style.legend_above(axes, 2)
    return figure
