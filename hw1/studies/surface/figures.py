"""1-2-1, left out by the report: explained variance beside random walks, and the loss around the ends of the paths."""

import matplotlib.figure
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from hw1 import looks
from hw1.tables import AXIS
from jobs import Figure, StudyResults, names, spread, style

_WIDTH_IN = 8.8
_PATH, _WALK = looks.DEEP, style.Line(color=looks.LENET.color, dashes="--", marker="s")
_PROJECTED = style.Line(color=looks.SHALLOW.color, dashes="--", marker="s")
_FIRST, _SECOND = looks.DEEP, style.Line(color=looks.LENET.color, dashes="--", marker="s")
_PLANES = {"components": "plane of the path's components", "random": "filter-normalised random directions"}
_SHORT = {"components": "plane of its path", "random": "random directions"}
_LEVELS_A_DECADE = (1, 1.5, 2, 3, 4, 6, 8)
_FEWEST_LEVELS, _MOST_LEVELS = 6, 16
_DIGITS = 6
"""To which distances of runs of different radius are told apart."""


def explained(study: StudyResults) -> matplotlib.figure.Figure:
    """Share of each component, of paths and of walks; beside it, the loss on the path and on its projection."""
    rows = study.measured("explained", ("share",))
    figure, (shares, losses) = _side_by_side()
    for line, label, chosen in (
        (_PATH, "training path", rows["walk"] == 0),
        (_WALK, "random walks of its step lengths", rows["walk"] > 0),
    ):
        if chosen.any():
            style.draw(shares, spread(rows[chosen], "component", "share"), line, label)
    components = np.sort(rows["component"].unique())
    limit = 6 / (np.pi * components) ** 2
    shares.plot(components, limit, color=style.GREY, linestyle=":", linewidth=1.6, label="endless walk, 6/(π²k²)")
    shares.set(xlabel=f"{AXIS['component']} k", ylabel=AXIS["share"], xticks=components)
    style.log_axis(shares)
    _along_the_path(losses, study)
    for axes in (shares, losses):
        style.legend_below(axes, 1)
    return figure


def _side_by_side(*, shared: bool = False, height_in: float = 4.6) -> tuple[matplotlib.figure.Figure, list[Axes]]:
    figure = style.canvas(width_in=_WIDTH_IN, height_in=height_in)
    return figure, list(figure.subplots(1, 2, sharex=shared, sharey=shared))


def _along_the_path(axes: Axes, study: StudyResults) -> None:
    rows = study.measured("surface_paths", ("train_loss", "plane_loss"))
    axes.set(xlabel=AXIS["epoch"], ylabel=AXIS["train_loss"])
    if rows.empty:
        style.note_in(axes, "no data")
        return
    style.draw(axes, spread(rows, "epoch", "train_loss"), looks.TRAIN, "on the path")
    style.draw(axes, spread(rows, "epoch", "plane_loss"), _PROJECTED, "at its projection on the plane")
    style.log_axis_over_decades([axes])
    style.epoch_axis(axes)


def surfaces(study: StudyResults) -> matplotlib.figure.Figure:
    """The first run's loss in both planes, on one scale, with its path in the plane of its components."""
    rows = study.measured("surfaces", ("train_loss",))
    run = rows.sort_values("seed").iloc[0]
    rows, path = (of[of["run_id"] == run["run_id"]] for of in (rows, study.measured("surface_paths", ("first",))))
    path = path.sort_values("epoch")
    radius = float(np.hypot(path["first"], path["second"]).max()) if len(path) else None
    figure, panels = _side_by_side(shared=True, height_in=5.2)
    levels = _levels(rows["train_loss"])
    for axes, (plane, title) in zip(panels, _SHORT.items(), strict=True):
        axes.set_title(f"train loss of seed {names.value(run['seed'])}, {title}")
        axes.set_aspect("equal", adjustable="box")
        axes.grid(visible=False)
        _contours(axes, rows[rows["plane"] == plane], levels)
        if plane == "components":
            _path(axes, path)
        _end(axes, radius)
    figure.legend(handles=panels[0].get_legend_handles_labels()[0], loc="outside lower center", ncols=3)
    first, second = _shares(study, run["run_id"])
    panels[0].set(xlabel=f"first principal component{first}", ylabel=f"second principal component{second}")
    panels[1].set(xlabel="first random direction", ylabel="second random direction")
    return figure


def _levels(losses: pd.Series) -> Float[np.ndarray, " level"]:
    """Evenly on a log axis; at numbers that are short to write, where there are some. None of a level surface."""
    low, high = float(losses.min()), float(losses.max())
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    every = np.array([m * 10.0**d for d in decades for m in _LEVELS_A_DECADE])
    inside = every[(every > low) & (every < high)]
    if len(inside) < _FEWEST_LEVELS:
        return np.geomspace(low, high, _FEWEST_LEVELS + 2)[1:-1] if low < high else inside[:0]
    return inside[:: -(-len(inside) // _MOST_LEVELS)]


def _contours(axes: Axes, rows: pd.DataFrame, levels: Float[np.ndarray, " level"]) -> None:
    if rows.empty or len(levels) == 0:
        style.note_in(axes, "no data" if rows.empty else "level: no contours")
        return
    grid = rows.pivot(index="second", columns="first", values="train_loss").sort_index().sort_index(axis=1)  # noqa: PD010 - one value a cell
    place = (grid.columns.to_numpy(float), grid.index.to_numpy(float), grid.to_numpy(float))
    axes.contourf(*place, levels=levels, norm=LogNorm(levels[0], levels[-1]), cmap="cividis", extend="both")
    crossed = (levels > rows["train_loss"].min()) & (levels < rows["train_loss"].max())
    if crossed.any():
        lines = axes.contour(*place, levels=levels[crossed], colors="black", linewidths=0.5)
        labelled = levels[::2][crossed[::2]]
        for text in axes.clabel(lines, labelled, fmt=names.number, fontsize=8) if len(labelled) else ():
            text.set_path_effects([withStroke(linewidth=2, foreground="white")])


def _path(axes: Axes, path: pd.DataFrame) -> None:
    outline = [withStroke(linewidth=3, foreground="white")]
    way = (path["first"], path["second"])
    axes.plot(*way, color="black", linewidth=1.2, marker=".", path_effects=outline, zorder=3, label="path, by epoch")


def _end(axes: Axes, radius: float | None) -> None:
    axes.plot(0, 0, "*", color="white", markersize=13, markeredgecolor="black", zorder=4, label="end")
    if radius is not None:
        outline = [withStroke(linewidth=2.5, foreground="white")]
        ring = Circle((0, 0), radius, fill=False, linestyle="--", path_effects=outline, label="radius of the path")
        axes.add_patch(ring)


def _shares(study: StudyResults, run_id: str) -> list[str]:
    rows = study.measured("explained", ("share",))
    own = rows[(rows["run_id"] == run_id) & (rows["walk"] == 0)].set_index("component")["share"]
    return [f" ({100 * own[k]:.1f} % of the variance)" if k in own else "" for k in (1, 2)]


def slices(study: StudyResults) -> matplotlib.figure.Figure:
    """Train loss along each plane's two directions through the end, over the seeds."""
    rows = study.measured("surfaces", ("train_loss",))
    border = rows.groupby(["run_id", "plane"])["first"].transform("max")
    rows = rows.assign(**{name: (rows[name] / border * rows["extent"]).round(_DIGITS) for name in ("first", "second")})
    figure, panels = _side_by_side(shared=True)
    for axes, (plane, title) in zip(panels, _PLANES.items(), strict=True):
        of_plane = rows[rows["plane"] == plane]
        axes.set(title=title, xlabel="distance from the end [radius of the path]")
        for line, along, across in ((_FIRST, "first", "second"), (_SECOND, "second", "first")):
            through = of_plane[of_plane[across] == 0]
            if len(through):
                style.draw(axes, spread(through, along, "train_loss"), line, f"along the {along}")
        axes.axvline(0, color=style.GREY, linestyle=":", linewidth=1.2)
        style.legend_below(axes)
    panels[0].set_ylabel(AXIS["train_loss"])
    style.log_axis_over_decades(panels)
    return figure


FIGURES = (
    Figure(
        slug="explained-variance",
        title="Explained variance of each path, and of random walks",
        caption="Left: share of the variance of all weights and biases over a run's epochs that its k-th principal "
        "component explains, beside random walks of as many steps, with the run's own step lengths, in as many "
        "dimensions (ten a run; band over all of them); logarithmic axis. Right: what the plane of the first two "
        "leaves of the path: train loss at the weights after each epoch, and at their projection.",
        alt="Left, lines of explained variance over principal components: training paths fall faster than random "
        "walks. Right, lines of the train loss over epochs on the path and at its projection.",
        draw=explained,
        table="explained",
        columns=("share",),
    ),
    Figure(
        slug="surfaces",
        title="The loss around the end of a path",
        caption="Contours of the train loss around the end (star) of the run with the lowest seed, in the plane of its "
        "path's first two principal components and in that of two filter-normalised random directions; one scale of "
        "distance (2-norm) in weight space, one logarithmic scale of colour. The path is projected on its plane, one "
        "point an epoch; dashed: as far from the end as the path comes.",
        alt="Two contour plots of the train loss around the end: in the plane of the path's components, with the path "
        "leading to the end, and in a plane of random directions.",
        draw=surfaces,
        table="surfaces",
        columns=("train_loss",),
        banded=False,
    ),
    Figure(
        slug="surface-slices",
        title="The loss on lines through the ends of all paths",
        caption="Train loss on the lines through the end along both directions of either plane, for every run; "
        "distance in units of the path's radius, the largest distance from its end. Training came from the left along "
        "the first component. Logarithmic loss axis.",
        alt="Lines of the train loss over the distance from the end, along two components and two random directions.",
        draw=slices,
        table="surfaces",
        columns=("train_loss",),
    ),
)
