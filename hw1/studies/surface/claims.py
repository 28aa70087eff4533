"""E5 and E6: how flat a training path is beside a random walk, and how the loss rises around its end."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from jobs import TENTH, UNSEEN, Claim, Statement, StudyResults, column, decades, known, middle, per_seed

_LEAST_SHARE = 0.05
_N_SHOWN = 2
_RING = (1 / 2, 1)
_DIGITS = 9
"""Grid points at the radius itself are within it, whatever the last bits of their distance."""


def flatter_than_a_walk(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Share explained by the first two components of each path, less the mean over its matched random walks."""
    first = _first_two(study)
    own, walks = first[first["own"]], first[~first["own"]]
    return known((own.set_index("seed")["share"] - walks.groupby("seed")["share"].mean()).to_numpy(float))


def _first_two(study: StudyResults) -> pd.DataFrame:
    rows = study.measured("explained", ("share",))
    first = rows[rows["component"] <= _N_SHOWN].groupby(["seed", "walk"])["share"].sum().reset_index()
    return first.assign(own=first["walk"] == 0)


def _shares(study: StudyResults) -> str:
    first = _first_two(study)
    own, walks = (middle(100 * first[first["own"] == own]["share"].to_numpy(float)) for own in (True, False))
    return f"two components explain {own}% of a training path and {walks}% of a random walk"


def _rises(study: StudyResults) -> str:
    return f"around the end the loss is at least {middle(10 ** rises(study))} times that at the end"


def _steeper(study: StudyResults) -> str:
    return f"in the plane of the path the loss rises {middle(10 ** steeper(study))} times as much as in a random one"


def rises(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Ratio of the lowest loss around the end to that at the end, in the plane where it is lower."""
    rows = _around(study)
    ring = rows[rows["distance"].between(*_RING)]
    wide = per_seed(*_by_plane(ring.groupby(["seed", "plane"])["train_loss"].min()), "train_loss")
    ends = rows[rows["distance"] == 0].groupby("seed")["train_loss"].min().reindex(wide.index)
    lowest = np.minimum(column(wide, "components"), column(wide, "random"))
    return decades(lowest, ends.to_numpy(float))


def steeper(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Ratio of the mean rise in the plane of the components to that in the random plane, where both are rises."""
    rows = _around(study)
    inside = rows[rows["distance"].between(0, _RING[1], inclusive="right")]
    ends = rows[rows["distance"] == 0].groupby(["seed", "plane"])["train_loss"].min()
    wide = per_seed(*_by_plane(inside.groupby(["seed", "plane"])["train_loss"].mean() - ends), "train_loss")
    return decades(column(wide, "components"), column(wide, "random"))


def _by_plane(values: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    rows = values.rename("train_loss").reset_index()
    return rows, rows["plane"]


def _around(study: StudyResults) -> pd.DataFrame:
    """Grid points of runs with a path, and their distance from the end in units of the path's radius in its plane."""
    path = study.measured("surface_paths", ("first", "second"))
    radius = path.assign(radius=np.hypot(path["first"], path["second"])).groupby("run_id")["radius"].max()
    rows = study.measured("surfaces", ("train_loss",)).merge(radius, on="run_id")
    distance = np.hypot(rows["first"], rows["second"]) / rows["radius"]
    return rows.assign(distance=distance.round(_DIGITS))


E5 = Claim(
    name="E5",
    words="Two principal components explain more of a training path than of a random walk",
    reading="Of a random walk in many dimensions the first two components explain 76% if its steps are many and of one "
    "length (Antognini & Sohl-Dickstein 2018). A path in a plane is news only beyond that.",
    figures=("explained-variance",),
    quoted=False,
    statements=(
        Statement(
            words="the first two components explain more of the path than of random walks of its step lengths",
            measure="median over seeds of the share of the variance that a path's first two components explain, less "
            "the mean share of random walks with its step lengths and number of parameters",
            unit="of the variance, path − random walk",
            scale="points",
            matters=_LEAST_SHARE,
            because="a share of a twentieth is one component in twenty",
            figure="explained-variance",
            effect=flatter_than_a_walk,
            finding=_shares,
        ),
    ),
)
E6 = Claim(
    name="E6",
    words="Around the end the loss rises on every side, and more in the plane of the path than in random directions",
    reading="Seen from the end, no direction leads down within the reach of training, neither in the plane of the "
    "path's first two components nor in that of two filter-normalised random directions (Li et al. 2018); and at the "
    "same distances the loss rises more in the former.",
    figures=("surfaces", "surface-slices"),
    quoted=False,
    statements=(
        Statement(
            words="the loss rises on every side, in both planes",
            measure="median over seeds of the ratio of the lowest train loss on the grid, between half the "
            "path's radius and the radius from the end, to that at the end; in the plane where it is lower",
            unit="train loss, lowest around ÷ at the end",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="surfaces",
            effect=rises,
            finding=_rises,
        ),
        Statement(
            words="it rises more in the plane of the path",
            measure="median over seeds of the ratio of the mean rise of the train loss above that at the "
            "end, over all grid points within the path's radius, plane of the components to random plane",
            unit="mean rise of the train loss, components ÷ random",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="surfaces",
            effect=steeper,
            finding=_steeper,
        ),
    ),
)

CLAIMS = (E5, E6)
