"""Planes through the end of a training path, and random walks to hold the path against."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from hw1.architecture import Layer
from hw1.pca import principal_components

N_SHARES = 10
"""Components whose share of the variance is kept, where the path has that many."""


class Plane(NamedTuple):
    """Two directions of length 1."""

    first: Float[Tensor, " p"]
    second: Float[Tensor, " p"]

    def offset(self, first: float, second: float) -> Float[Tensor, " p"]:
        """From the plane's origin to the point with these coordinates."""
        return first * self.first + second * self.second

    def coordinates(self, offsets: Float[Tensor, "point p"]) -> Float[Tensor, "point 2"]:
        """Of the offsets' projections on the plane, if its directions are orthogonal."""
        return torch.stack([(offsets * self.first).sum(1), (offsets * self.second).sum(1)], 1)


def path_plane(path: Float[Tensor, "point p"]) -> tuple[Plane, Float[Tensor, " component"]]:
    """The plane of a path's first two principal components, and each component's share of the path's variance.

    The components are those of all points less their mean, the end among the points. Signs are fixed by the path: it
    begins at a negative first coordinate relative to its end, and goes furthest to positive second ones.

    Args:
        path: Points in order, at least 3; float64.

    References:
        Li et al. 2018, arXiv:1712.09913, section 7.2.
    """
    found = principal_components(path.numpy(), n_components=min(N_SHARES, len(path) - 1))
    first, second = torch.from_numpy(found.directions[:2])
    along = Plane(first, second).coordinates(path - path[-1])
    furthest = along[along[:, 1].abs().argmax(), 1]
    plane = Plane(first if along[0, 0] <= 0 else -first, second if furthest >= 0 else -second)
    return plane, torch.from_numpy(found.explained)


def random_plane(layers: Sequence[Layer], theta: Float[Tensor, " p"], rng: torch.Generator) -> Plane:
    """The plane of two filter-normalised random directions, each scaled to length 1.

    Two draws in thousands of dimensions are all but orthogonal, and are left as drawn.
    """
    first, second = (filter_normalised(layers, theta, rng) for _ in range(2))
    return Plane(first / first.norm(), second / second.norm())


def filter_normalised(layers: Sequence[Layer], theta: Float[Tensor, " p"], rng: torch.Generator) -> Float[Tensor, " p"]:
    """A Gaussian direction in which each unit's incoming weights are as long as the network's; 0 for biases.

    Args:
        layers: Of a dense network.
        theta: Its parameters in the order of a `Stack`'s blocks; float64.
        rng: What the direction is drawn from.

    References:
        Li et al. 2018, arXiv:1712.09913, section 4; the zeros are those of their code (`ignore='biasbn'`).
    """
    parts = []
    for layer, block in zip(layers, theta.split([layer.n_params for layer in layers]), strict=True):
        drawn = torch.randn(layer.n_out, layer.n_in, generator=rng, dtype=theta.dtype)
        lengths = block.view(layer.n_out, -1)[:, : layer.n_in].norm(dim=1, keepdim=True)
        scaled = drawn * (lengths / drawn.norm(dim=1, keepdim=True))
        parts.append(torch.nn.functional.pad(scaled, (0, int(layer.bias))).flatten())
    return torch.cat(parts)


def weight_norms(layers: Sequence[Layer], path: Float[Tensor, "point p"]) -> Float[Tensor, " point"]:
    """2-norm of all weights, without biases, of dense networks in the order of a `Stack`'s blocks."""
    blocks = path.split([layer.n_params for layer in layers], 1)
    weights = [
        block.view(len(path), layer.n_out, -1)[:, :, : layer.n_in].flatten(1)
        for layer, block in zip(layers, blocks, strict=True)
    ]
    norms: Tensor = torch.cat(weights, 1).norm(dim=1)
    return norms


def matched_walk(path: Float[Tensor, "point p"], rng: torch.Generator) -> Float[Tensor, "point p"]:
    """A random walk with the path's dimensions and step lengths, each step in a direction of its own, from 0.

    References:
        Antognini & Sohl-Dickstein 2018, arXiv:1806.08805: with steps of one length, the k-th component's share of the
        variance tends to 6/(π²k²) as steps and dimensions grow.
    """
    lengths = path.diff(dim=0).norm(dim=1, keepdim=True)
    steps = torch.randn(len(path) - 1, path.shape[1], generator=rng, dtype=path.dtype)
    steps *= lengths / steps.norm(dim=1, keepdim=True)
    return torch.cat([torch.zeros_like(path[:1]), steps.cumsum(0)])


def walk_shares(path: Float[Tensor, "point p"], rng: torch.Generator) -> Float[Tensor, " component"]:
    """Each principal component's share of the variance of one matched random walk."""
    walk = matched_walk(path, rng).numpy()
    return torch.from_numpy(principal_components(walk, n_components=min(N_SHARES, len(path) - 1)).explained)
