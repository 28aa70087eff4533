"""The 21 figures in their order: what each shows, of which study, from which rows, and the function that draws it."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import (
    actual_task,
    gradient_norm,
    interpolation,
    minimal_ratio,
    parameters,
    random_labels,
    simulate,
    trajectory,
)
from analysis.frames import Study

_PATH = "θ(α) = (1−α)θ₁ + αθ₂ goes through end 1 at α = 0 and end 2 at α = 1 (dotted lines)."

_STOPS = "Logarithmic loss axis. A marker ends each run, where it met the stopping rule or ran out of iterations."
_RUNNING = (
    "on all training images after each epoch, in evaluation mode; pale: the mean over the epoch's batches as the "
    "weights moved, dropout on."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One figure, drawn from the rows of `table` in which all `columns` hold a value; without a table, from no runs."""

    number: int
    slug: str
    study: str
    title: str
    caption: str
    alt: str
    draw: Callable[[Study], Figure]
    table: str | None = "curves"
    columns: tuple[str, ...] = ("train_loss",)
    banded: bool = True
    of: Callable[[pd.DataFrame], pd.Series] | None = None

    @property
    def name(self) -> str:
        """File name, without its suffix."""
        return f"{self.number:02d}-{self.slug}"


FIGURES: tuple[Entry, ...] = (
    Entry(
        number=1,
        slug="f1",
        study="simulate",
        title="f1",
        caption="The first function at the points that the models are fitted on.",
        alt="Curve of sin(5πx)/(5πx) for x from −1.5 to 1.49: a peak of 1 at 0, ripples that shrink to both sides.",
        draw=simulate.f1,
        table=None,
    ),
    Entry(
        number=2,
        slug="f1-loss",
        study="simulate",
        title="f1: loss of the three models",
        caption=_STOPS,
        alt="Lines of the training loss on f1 over iterations, one for each model: deep, medium and shallow.",
        draw=simulate.losses,
        of=simulate.is_f1,
    ),
    Entry(
        number=3,
        slug="f1-predictions",
        study="simulate",
        title="f1: predictions and truth",
        caption="Each model's prediction after training over the function itself (grey).",
        alt="Three stacked plots of f1 in grey with the deep, the medium and the shallow model's prediction over it.",
        draw=simulate.predictions,
        table="predictions",
        columns=("prediction",),
        of=simulate.is_f1,
    ),
    Entry(
        number=4,
        slug="f2",
        study="simulate",
        title="f2",
        caption="The second function at the points that the models are fitted on: 0 where it changes sign.",
        alt="A step function of x from −1.5 to 1.49 that jumps between −1 and 1.",
        draw=simulate.f2,
        table=None,
        of=simulate.is_f2,
    ),
    Entry(
        number=5,
        slug="f2-loss",
        study="simulate",
        title="f2: loss of the three models",
        caption=_STOPS,
        alt="Lines of the training loss on f2 over iterations, one for each model: deep, medium and shallow.",
        draw=simulate.losses,
        of=simulate.is_f2,
    ),
    Entry(
        number=6,
        slug="f2-predictions",
        study="simulate",
        title="f2: predictions and truth",
        caption="Each model's prediction after training over the function itself (grey, its jumps left open).",
        alt="Three stacked plots of f2 in grey with the deep, the medium and the shallow model's prediction over it.",
        draw=simulate.predictions,
        table="predictions",
        columns=("prediction",),
        of=simulate.is_f2,
    ),
    Entry(
        number=7,
        slug="task-loss",
        study="actual_task",
        title="Training loss, LeNet and CNN",
        caption=f"Loss {_RUNNING}",
        alt="Lines of the training loss over epochs for LeNet and CNN, each with a paler line of the running one.",
        draw=actual_task.loss,
    ),
    Entry(
        number=8,
        slug="task-accuracy",
        study="actual_task",
        title="Training accuracy, LeNet and CNN",
        caption=f"Accuracy {_RUNNING}",
        alt="Lines of the training accuracy over epochs for LeNet and CNN, each with a paler line of the running one.",
        draw=actual_task.accuracy,
        columns=("train_accuracy",),
    ),
    Entry(
        number=9,
        slug="pca-first-layer",
        study="trajectory",
        title="PCA of the first layer's weights along all runs",
        caption="One path a run, one point an epoch, in the plane of the first two principal components of all runs' "
        "weights together; colour: accuracy on all training images, its last value beside the path's end.",
        alt="Paths of the first layer's weights, one a run, in the plane of two components, coloured by accuracy.",
        draw=trajectory.first_layer,
        table="snapshots",
        columns=("epoch",),
        banded=False,
    ),
    Entry(
        number=10,
        slug="pca-all-layers",
        study="trajectory",
        title="PCA of all weights along all runs",
        caption="As the figure before, of the weights of all layers (no biases).",
        alt="Paths of all weights, one a run, in the plane of two components, coloured by accuracy.",
        draw=trajectory.all_layers,
        table="snapshots",
        columns=("epoch",),
        banded=False,
    ),
    Entry(
        number=11,
        slug="gradient-norm",
        study="gradient_norm",
        title="Gradient norm",
        caption="2-norm of the gradient of the loss, without weight decay, at every iteration; logarithmic axis.",
        alt="Line of the gradient's norm over iterations on a logarithmic axis.",
        draw=gradient_norm.gradient_norm,
        columns=("gradient_norm",),
    ),
    Entry(
        number=12,
        slug="gradient-norm-loss",
        study="gradient_norm",
        title="Loss beside the gradient norm",
        caption="Training loss of the same runs at every iteration; logarithmic axis.",
        alt="Line of the training loss over iterations on a logarithmic axis.",
        draw=gradient_norm.loss,
    ),
    Entry(
        number=13,
        slug="minimal-ratio",
        study="minimal_ratio",
        title="Minimal ratio against loss",
        caption="One point a run, where its gradient norm fell below the threshold; crosses never got there.",
        alt="Scatter plot of the training loss over the minimal ratio, one point a run.",
        draw=minimal_ratio.minimal_ratio,
        table="runs",
        columns=("minimal_ratio", "train_loss"),
        banded=False,
    ),
    Entry(
        number=14,
        slug="random-labels",
        study="random_labels",
        title="Random labels: train and test loss",
        caption="Training labels drawn at random, test labels true; dotted: the loss of giving every class equal odds.",
        alt="Lines of train and test loss over epochs, and a dotted line at the loss of a uniform guess.",
        draw=random_labels.loss,
        columns=("train_loss", "test_loss"),
    ),
    Entry(
        number=15,
        slug="parameters-loss",
        study="parameters",
        title="Loss against number of parameters",
        caption="Train and test loss after the last epoch, one point a model; logarithmic parameter axis.",
        alt="Lines of final train and test loss over the number of parameters.",
        draw=parameters.loss,
        table="runs",
        columns=("train_loss", "test_loss"),
    ),
    Entry(
        number=16,
        slug="parameters-accuracy",
        study="parameters",
        title="Accuracy against number of parameters",
        caption="Train and test accuracy after the last epoch, one point a model; logarithmic parameter axis.",
        alt="Lines of final train and test accuracy over the number of parameters.",
        draw=parameters.accuracy,
        table="runs",
        columns=("train_accuracy", "test_accuracy"),
    ),
    Entry(
        number=17,
        slug="ends-accuracy",
        study="interpolation",
        title="Accuracy per epoch of the two ends",
        caption="Both ends start from one initialisation; all train and test images, after each epoch.",
        alt="For each pair, lines of train and test accuracy over epochs of end 1 (solid) and end 2 (dashed).",
        draw=interpolation.ends_accuracy,
        columns=("train_accuracy", "test_accuracy"),
    ),
    Entry(
        number=18,
        slug="ends-loss",
        study="interpolation",
        title="Loss per epoch of the two ends",
        caption="Both ends start from one initialisation; all train and test images, after each epoch.",
        alt="For each pair, lines of train and test loss over epochs of end 1 (solid) and end 2 (dashed).",
        draw=interpolation.ends_loss,
        columns=("train_loss", "test_loss"),
    ),
    Entry(
        number=19,
        slug="path-loss",
        study="interpolation",
        title="Loss against α",
        caption=_PATH,
        alt="For each pair, lines of train and test loss over α, with dotted lines at the ends α = 0 and 1.",
        draw=interpolation.path_loss,
        table="paths",
        columns=("train_loss", "test_loss"),
    ),
    Entry(
        number=20,
        slug="path-accuracy",
        study="interpolation",
        title="Accuracy against α",
        caption=_PATH,
        alt="For each pair, lines of train and test accuracy over α, with dotted lines at the ends α = 0 and 1.",
        draw=interpolation.path_accuracy,
        table="paths",
        columns=("train_accuracy", "test_accuracy"),
    ),
    Entry(
        number=21,
        slug="path",
        study="interpolation",
        title="Loss and accuracy against α",
        caption=f"Loss above, accuracy below, over one α axis. {_PATH}",
        alt="For each pair, loss over α above accuracy over α, train and test, with dotted lines at the ends.",
        draw=interpolation.path,
        table="paths",
        columns=("train_loss", "test_loss", "train_accuracy", "test_accuracy"),
    ),
)
