"""1-2-1: the paths that the weights of all runs take, in the plane of their first two principal components."""

import matplotlib.figure
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from hw1.pca import principal_components
from hw1.tables import AXIS
from jobs import Figure, StudyResults, names, style

_MOST_LABELS = 12
_NEAR = 0.06
"""Ends closer than this share of the picture would have their labels on each other."""
_FEWEST_POINTS = 3


def first_layer(study: StudyResults) -> matplotlib.figure.Figure:
    """The first layer's weights."""
    rows = study.measured("snapshots", ("epoch",))
    return _plane(study, rows[rows["layer"] == 1])


def all_layers(study: StudyResults) -> matplotlib.figure.Figure:
    """All layers' weights."""
    return _plane(study, study.measured("snapshots", ("epoch",)))


def _plane(study: StudyResults, snapshots: pd.DataFrame) -> matplotlib.figure.Figure:
    points = _points(snapshots)
    if len(points) < _FEWEST_POINTS:
        return style.text_panel(
            f"{names.count(len(points), 'snapshot')} of the weights: too few for a plane of two components"
        )
    plane = principal_components(np.stack(points["weights"].to_list()), n_components=2)
    points = points.assign(first=plane.coordinates[:, 0], second=plane.coordinates[:, 1])
    accuracy = study.table("curves").rename(columns={"step": "epoch"})[["run_id", "epoch", "train_accuracy"]]
    figure = style.canvas(height_in=5.0)
    axes = figure.subplots()
    _paths(axes, points.merge(accuracy, on=["run_id", "epoch"], how="left"))
    share = [f"{100 * part:.1f} % of the variance" for part in plane.explained]
    axes.set(xlabel=f"first principal component ({share[0]})", ylabel=f"second principal component ({share[1]})")
    axes.margins(0.16, 0.1)
    axes.set_aspect("equal", adjustable="box")
    return figure


def _points(snapshots: pd.DataFrame) -> pd.DataFrame:
    """One row per run and epoch: all its layers' weights in one vector."""
    groups = snapshots.sort_values("layer").groupby(["run_id", "epoch"], sort=True)
    rows = [(*key, np.concatenate(group["weights"].to_list())) for key, group in groups]
    return pd.DataFrame(rows, columns=["run_id", "epoch", "weights"])


def _paths(axes: Axes, points: pd.DataFrame) -> None:
    centre = points[["first", "second"]].mean().to_numpy(float)
    n_runs = points["run_id"].nunique()
    near = _NEAR * np.ptp(points[["first", "second"]].to_numpy(float))
    placed: list[Float[np.ndarray, " component"]] = []
    for _, run in points.groupby("run_id", sort=False):
        axes.plot(run["first"], run["second"], color="#8c8c8c", linewidth=0.8, zorder=1)
        end = run[["first", "second"]].iloc[-1].to_numpy(float)
        if n_runs <= _MOST_LABELS:
            crowded = any(np.abs(end - other).max() < near for other in placed)
            _label(axes, run.iloc[-1], centre, crowded=crowded)
            placed.append(end)
    start, known = points[points["epoch"] == 0], points[points["train_accuracy"].notna()]
    axes.scatter(
        start["first"], start["second"], s=26, color="white", edgecolor="black", zorder=3, label="initialisation"
    )
    dots = axes.scatter(
        known["first"],
        known["second"],
        s=26,
        c=known["train_accuracy"],
        cmap="cividis",
        edgecolor="black",
        linewidth=0.4,
        zorder=2,
        label="after an epoch",
    )
    axes.figure.colorbar(dots, ax=axes, label=AXIS["train_accuracy"], aspect=30, pad=0.02)
    style.legend_above(axes, 2)


def _label(axes: Axes, end: pd.Series, centre: Float[np.ndarray, " component"], *, crowded: bool) -> None:
    """Final accuracy beside a path's end, away from the middle of all paths; across it where another label is near."""
    if pd.isna(end["train_accuracy"]):
        return
    right, up = end["first"] > centre[0], (end["second"] > centre[1]) != crowded
    axes.annotate(
        f"{end['train_accuracy']:.3f}",
        (end["first"], end["second"]),
        xytext=(4 if right else -4, 5 if up else -5),
        textcoords="offset points",
        ha="left" if right else "right",
        va="bottom" if up else "top",
        size=9,
        zorder=4,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )


FIGURES = (
    Figure(
        slug="pca-first-layer",
        title="PCA of the first layer's weights along all runs",
        caption="One path a run, one point an epoch, in the plane of the first two principal components of all runs' "
        "weights together; colour: accuracy on all training images, its last value beside the path's end.",
        alt="Paths of the first layer's weights, one a run, in the plane of two components, coloured by accuracy.",
        draw=first_layer,
        table="snapshots",
        columns=("epoch",),
        banded=False,
    ),
    Figure(
        slug="pca-all-layers",
        title="PCA of all weights along all runs",
        caption="As the figure before, of the weights of all layers (no biases).",
        alt="Paths of all weights, one a run, in the plane of two components, coloured by accuracy.",
        draw=all_layers,
        table="snapshots",
        columns=("epoch",),
        banded=False,
    ),
)
