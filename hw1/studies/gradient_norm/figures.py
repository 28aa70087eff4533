"""1-2-2: the gradient's norm, and the loss beside it."""

import matplotlib.figure

from hw1 import labels, looks
from hw1.tables import AXIS
from jobs import Figure, StudyResults, band, names, style


def gradient_norm(study: StudyResults) -> matplotlib.figure.Figure:
    """The 2-norm of the loss's gradient at every iteration."""
    return _per_iteration(study, "gradient_norm", AXIS["gradient_norm"])


def loss(study: StudyResults) -> matplotlib.figure.Figure:
    """The loss at every iteration."""
    return _per_iteration(study, "train_loss", f"{AXIS['train_loss']} (mean squared error)")


def _per_iteration(study: StudyResults, measure: str, label: str) -> matplotlib.figure.Figure:
    figure = style.canvas(height_in=3.8)
    axes = figure.subplots()
    for _, rows in study.measured("curves", (measure,)).groupby("n_params", sort=False):
        model = labels.depth(rows["hidden"].iloc[0])
        style.draw(
            axes,
            band(rows, "step", measure),
            looks.MODELS[model].solid(marker=""),
            f"{model} ({names.count(int(rows['n_params'].iloc[0]), 'parameter')})",
        )
    style.log_axis(axes)
    style.iteration_axis(axes)
    axes.set(xlabel="iteration", ylabel=label)
    style.legend_above(axes)
    return figure


FIGURES = (
    Figure(
        slug="gradient-norm",
        title="Gradient norm",
        caption="2-norm of the gradient of the loss, without weight decay, at every iteration; logarithmic axis.",
        alt="Line of the gradient's norm over iterations on a logarithmic axis.",
        draw=gradient_norm,
        table="curves",
        columns=("gradient_norm",),
    ),
    Figure(
        slug="gradient-norm-loss",
        title="Loss beside the gradient norm",
        caption="Training loss of the same runs at every iteration; logarithmic axis.",
        alt="Line of the training loss over iterations on a logarithmic axis.",
        draw=loss,
        table="curves",
        columns=("train_loss",),
    ),
)
