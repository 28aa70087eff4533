"""Made-up paths, walks and bowls of study `surface`."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hw1.specs import Classifier, Surface

FIELDS = {"n_walks": 3, "n_grid": 9, "extent": 1.25, "n_surface_images": 1000}
_PLANES = ("components", "random")


def like(path: Classifier) -> Surface:
    """The surface of a trajectory's run."""
    return Surface(**{name: getattr(path, name) for name in path.values()} | FIELDS | {"snapshots": False})


def tables(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """A bent path of radius about 10 that ends at the bottom of a bowl, steeper in random directions."""
    epochs = np.arange(int(row["epochs"]) + 1)
    left = np.exp(-6 * epochs / epochs[-1]) - np.exp(-6)
    path = {"epoch": epochs, "first": -10 * left, "second": 12 * left * (1 - left), "weight_norm": 11 - 7 * left}
    scale = 0.25 * np.exp(rng.normal(0, 0.05))
    loss = scale * 10**left
    steepness = {"components": 0.08, "random": 0.15}
    return {
        "explained": explained(own=(0.84, 0.13, 0.03), walk=(0.62, 0.15, 0.07), rng=rng),
        "surfaces": grids(lambda plane, x, y: scale * 10 ** (steepness[plane] * np.hypot(x, y)), radius=10),
        "surface_paths": {**path, "train_loss": loss, "plane_loss": loss * (1 + 0.2 * left * (1 - left))},
    }


def explained(*, own: tuple[float, ...], walk: tuple[float, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Shares of the path and of three walks."""
    rows = []
    for number in range(FIELDS["n_walks"] + 1):
        for component, share in enumerate(walk if number else own, start=1):
            noisy = share * np.exp(rng.normal(0, 0.01))
            rows.append({"walk": number, "component": component, "share": noisy})
    return pd.DataFrame(rows)


def grids(loss: Callable[[str, float, float], float], *, radius: float) -> pd.DataFrame:
    """Both grids, from the plane and the place in it."""
    half = FIELDS["n_grid"] // 2
    along = np.arange(-half, half + 1) / half * FIELDS["extent"] * radius
    rows = [
        {"plane": plane, "first": x, "second": y, "train_loss": (z := loss(plane, x, y)), "test_loss": z}
        for plane in _PLANES
        for x in along
        for y in along
    ]
    return pd.DataFrame(rows)
