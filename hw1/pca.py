"""Principal components of points in many dimensions. Needs no torch."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, kw_only=True, slots=True)
class Components:
    """Coordinates of the points along the first components, and the share of all variance each component explains."""

    coordinates: Float[np.ndarray, "point component"]
    directions: Float[np.ndarray, "component dimension"]
    """Of length 1 and orthogonal; 0 where the points do not vary any more."""
    explained: Float[np.ndarray, " component"]


def principal_components(points: Float[np.ndarray, "point dimension"], *, n_components: int) -> Components:
    """The points, less their mean, along the directions in which they vary most.

    By the eigenvectors of the points' inner products, in float64: O(points² · dimensions), for points that are few
    beside their dimensions. A component's sign is fixed: the largest weight of its direction is positive.

    Args:
        points: One point a row.
        n_components: How many components are kept.

    Returns:
        Coordinates of shape ``(point, n_components)``, in the points' unit, the components' directions, and the
        explained share of the variance.

    Raises:
        ValueError: If there are fewer points or dimensions than components, or if all points coincide.
    """
    if n_components > min(points.shape):
        raise ValueError(
            f"`n_components` must be at most {min(points.shape)} for {points.shape} points, got {n_components}"
        )
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    variances, vectors = np.linalg.eigh(centred @ centred.T)
    variances, vectors = variances[::-1][:n_components].clip(min=0), vectors[:, ::-1][:, :n_components]
    total = (centred**2).sum()
    if total == 0:
        raise ValueError("`points` must vary: all of them coincide")
    directions = vectors.T @ centred
    sign = np.sign(directions[np.arange(n_components), np.abs(directions).argmax(axis=1)])
    deviations = np.sqrt(variances)
    lengths = np.where(deviations > 0, deviations, np.inf)
    return Components(
        coordinates=vectors * deviations * sign,
        directions=directions * (sign / lengths)[:, None],
        explained=variances / total,
    )
