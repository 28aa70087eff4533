"""1-3-2: final loss and accuracy against the number of parameters."""

import matplotlib.figure

from hw1 import looks
from hw1.tables import AXIS
from jobs import Figure, StudyResults, spread, style


def loss(study: StudyResults) -> matplotlib.figure.Figure:
    """Final train and test loss of each model."""
    figure = _per_model(study, "loss", "loss (cross-entropy)")
    style.log_axis_over_decades(figure.axes[:1])
    return figure


def accuracy(study: StudyResults) -> matplotlib.figure.Figure:
    """Final train and test accuracy of each model."""
    return _per_model(study, "accuracy", "accuracy [fraction]")


def _per_model(study: StudyResults, measure: str, label: str) -> matplotlib.figure.Figure:
    figure = style.canvas(width_in=7.0, height_in=6.4)
    axes, gap = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    rows = study.measured("runs", (f"train_{measure}", f"test_{measure}"))
    for split, line in looks.SPLITS.items():
        style.draw(axes, spread(rows, "n_params", f"{split}_{measure}"), line, AXIS[f"{split}_{measure}"])
    larger, smaller = ("test", "train") if measure == "loss" else ("train", "test")
    rows = rows.assign(gap=rows[f"{larger}_{measure}"] - rows[f"{smaller}_{measure}"])
    style.draw(gap, spread(rows, "n_params", "gap"), looks.DEEP, None)
    gap.axhline(0, color=style.GREY, linestyle=":", linewidth=1.2)
    style.count_axis(gap, sorted({int(n) for n in study.expected["n_params"]}))
    axes.set(ylabel=label)
    gap.set(xlabel=AXIS["n_params"], ylabel=f"gap, {larger} − {smaller}")
    style.legend_above(axes, 2)
    return figure


FIGURES = (
    Figure(
        slug="parameters-loss",
        title="Loss against number of parameters",
        caption="Train and test loss after the last epoch, and below the gap between them; one point a model, "
        "logarithmic parameter axis.",
        alt="Lines of final train and test loss over the number of parameters, and of their difference.",
        draw=loss,
        table="runs",
        columns=("train_loss", "test_loss"),
    ),
    Figure(
        slug="parameters-accuracy",
        title="Accuracy against number of parameters",
        caption="Train and test accuracy after the last epoch, and below the gap between them; one point a model, "
        "logarithmic parameter axis.",
        alt="Lines of final train and test accuracy over the number of parameters, and of their difference.",
        draw=accuracy,
        table="runs",
        columns=("train_accuracy", "test_accuracy"),
    ),
)
