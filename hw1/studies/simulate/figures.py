"""1-1-1: the two functions, how the loss of the three models falls, and what they predict."""

from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes

from hw1 import labels, looks
from hw1.functions import evaluate, grid
from hw1.tables import AXIS
from jobs import Figure, StudyResults, band, names, style

_JUMP = 0.5
_MOST_LARGE = 3
_LOSS = f"{AXIS['train_loss']} (mean squared error)"


def is_f1(expected: pd.DataFrame) -> pd.Series:
    """Which runs fit the report's first function."""
    return expected["function"] == "sinc"


def is_f2(expected: pd.DataFrame) -> pd.Series:
    """Which runs fit the report's second function, in either reading of it."""
    return expected["function"].isin(["sign_sinc", "square_wave"])


def f1(_study: StudyResults) -> matplotlib.figure.Figure:
    """The first function."""
    return _function("sinc", "sin(5πx) / (5πx)")


def f2(study: StudyResults) -> matplotlib.figure.Figure:
    """The second function, as the runs read it."""
    if (study.expected["function"] == "square_wave").any():
        return _function("square_wave", "sgn(sin(5πx))")
    return _function("sign_sinc", "sgn(sin(5πx) / (5πx))")


def losses(study: StudyResults) -> matplotlib.figure.Figure:
    """Loss of each model at every iteration, with the point where it stopped."""
    figure = style.canvas(height_in=4.6)
    axes = figure.subplots()
    rows = study.measured("curves", ("train_loss",))
    for name, runs in _models(study, rows):
        stopped = study.runs[study.runs["run_id"].isin(runs["run_id"].unique())]
        line = looks.MODELS[name]
        style.draw(axes, band(runs, "step", "train_loss"), line.solid(marker=""), None)
        last = runs.sort_values("step").groupby("run_id", sort=False).tail(1)
        look: dict[str, Any] = {"color": line.color, "marker": line.marker, "markeredgecolor": "black"}
        size = 7 if len(last) <= _MOST_LARGE else 4
        axes.plot(last["step"], last["train_loss"], linestyle="", markersize=size, **look)
        axes.plot([], [], label=_legend(name, stopped), **look)
    style.log_axis(axes)
    style.iteration_axis(axes)
    axes.set(xlabel="iteration", ylabel=_LOSS)
    style.legend_above(axes)
    return figure


def predictions(study: StudyResults) -> matplotlib.figure.Figure:
    """Predictions of each model, over the truth."""
    rows = study.measured("predictions", ("prediction",))
    models = _models(study, rows)
    figure = style.canvas(height_in=0.8 + 1.9 * len(models))
    panels = figure.subplots(len(models), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, (name, runs) in zip(panels, models, strict=True):
        truth = runs.drop_duplicates("x").sort_values("x")
        _line(axes, truth["x"].to_numpy(float), truth["truth"].to_numpy(float), label=AXIS["truth"])
        style.draw(axes, band(runs, "x", "prediction"), looks.MODELS[name].solid(marker=""), AXIS["prediction"])
        axes.set(title=_sized(name, runs), ylabel=AXIS["truth"])
        style.legend_above(axes, 2, right=True)
    panels[-1].set_xlabel(AXIS["x"])
    return figure


def _models(study: StudyResults, rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    names_ = study.expected["hidden"].map(labels.depth)
    of = rows["hidden"].map(labels.depth)
    return [(name, rows[of == name]) for name in looks.MODELS if name in set(names_) and (of == name).any()]


def _legend(name: str, stopped: pd.DataFrame) -> str:
    label = _sized(name, stopped)
    converged = stopped[stopped["converged"].isin([True])]
    if len(stopped) > 1:
        label += f": {len(converged)} of {len(stopped)} converged"
        return label + (f" (median {converged['n_steps'].median():,.0f})" if len(converged) else "")
    stop = f"iteration {stopped['n_steps'].iloc[0]:,.0f}"
    return label + (f": converged at {stop}" if len(converged) else f": not converged by {stop}")


def _sized(name: str, runs: pd.DataFrame) -> str:
    return f"{name} ({names.count(int(runs['n_params'].iloc[0]), 'parameter')})"


def _function(function: str, label: str) -> matplotlib.figure.Figure:
    figure = style.canvas(height_in=3.6)
    axes = figure.subplots()
    x = grid()
    _line(axes, x, evaluate(function, x), label=f"f(x) = {label}, {len(x)} points", color="black")  # type: ignore[arg-type]
    axes.set(xlabel=AXIS["x"], ylabel=AXIS["truth"])
    style.legend_above(axes)
    return figure


def _line(
    axes: Axes, x: Float[np.ndarray, " point"], y: Float[np.ndarray, " point"], *, label: str, color: str = style.TRUTH
) -> None:
    """A function, its jumps left open; points alone between two jumps as dots."""
    jumps = np.flatnonzero(np.abs(np.diff(y)) > _JUMP) + 1
    if len(jumps):
        axes.set_yticks([-1, 0, 1])
    width = 3.2 if color == style.TRUTH else 1.6
    axes.plot(np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan), color=color, linewidth=width, label=label)
    alone = np.intersect1d(jumps, np.append(jumps, len(x)) - 1)
    axes.plot(x[alone], y[alone], linestyle="", marker="o", markersize=3, color=color)


_STOPS = (
    "Logarithmic loss axis. A marker ends each run, where it met the stopping rule or ran out of iterations; how many "
    "met it stands in the legend, with the median of their iterations."
)
FIGURES = (
    Figure(
        slug="f1",
        title="f1",
        caption="The first function at the points that the models are fitted on.",
        alt="Curve of sin(5πx)/(5πx) for x from −1.5 to 1.49: a peak of 1 at 0, ripples that shrink to both sides.",
        draw=f1,
        table=None,
    ),
    Figure(
        slug="f1-loss",
        title="f1: loss of the three models",
        caption=_STOPS,
        alt="Lines of the training loss on f1 over iterations, one for each model: deep, medium and shallow.",
        draw=losses,
        table="curves",
        columns=("train_loss",),
        of=is_f1,
    ),
    Figure(
        slug="f1-predictions",
        title="f1: predictions and truth",
        caption="Each model's prediction after training over the function itself (grey).",
        alt="Three stacked plots of f1 in grey with the deep, the medium and the shallow model's prediction over it.",
        draw=predictions,
        table="predictions",
        columns=("prediction",),
        of=is_f1,
    ),
    Figure(
        slug="f2",
        title="f2",
        caption="The second function at the points that the models are fitted on: 0 where it changes sign.",
        alt="A step function of x from −1.5 to 1.49 that jumps between −1 and 1.",
        draw=f2,
        table=None,
        of=is_f2,
    ),
    Figure(
        slug="f2-loss",
        title="f2: loss of the three models",
        caption=_STOPS,
        alt="Lines of the training loss on f2 over iterations, one for each model: deep, medium and shallow.",
        draw=losses,
        table="curves",
        columns=("train_loss",),
        of=is_f2,
    ),
    Figure(
        slug="f2-predictions",
        title="f2: predictions and truth",
        caption="Each model's prediction after training over the function itself (grey, its jumps left open).",
        alt="Three stacked plots of f2 in grey with the deep, the medium and the shallow model's prediction over it.",
        draw=predictions,
        table="predictions",
        columns=("prediction",),
        of=is_f2,
    ),
)
