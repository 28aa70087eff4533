"""1-2-2: the gradient's norm, and the loss beside it."""

from matplotlib.figure import Figure

from analysis import names
from analysis.bands import band
from analysis.figures import style
from analysis.frames import Study
from results.schema import AXIS


def gradient_norm(study: Study) -> Figure:
    """The 2-norm of the loss's gradient at every iteration."""
    return _per_iteration(study, "gradient_norm", AXIS["gradient_norm"])


def loss(study: Study) -> Figure:
    """The loss at every iteration."""
    return _per_iteration(study, "train_loss", f"{AXIS['train_loss']} (mean squared error)")


def _per_iteration(study: Study, measure: str, label: str) -> Figure:
    figure = style.canvas(height_in=3.8)
    axes = figure.subplots()
    for _, rows in study.measured("curves", (measure,)).groupby("n_params", sort=False):
        model = names.depth(rows["hidden"].iloc[0])
        style.draw(
            axes,
            band(rows, "step", measure),
            style.MODELS[model].solid(marker=""),
            f"{model} ({names.count(int(rows['n_params'].iloc[0]), 'parameter')})",
        )
    style.log_axis(axes)
    style.iteration_axis(axes)
    axes.set(xlabel="iteration", ylabel=label)
    style.legend_above(axes)
    return figure
