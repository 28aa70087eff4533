"""MNIST-1D, generated from a seed: the numbers of the package `mnist1d` 0.0.2 (Apache 2.0), without its dependencies.

Greydanus & Kobak 2024, Scaling Down Deep Learning with MNIST-1D, ICML; github.com/greydanus/mnist1d.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

DIGITS = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
"""The curve of each digit."""
N_POINTS, N_PADDED = 40, 72
N_EACH, N_TRAIN = 500, 4000
SIGMA, RADIUS = 2, 8
"""Of the noise that stands where no digit does, in points."""


class Digits(NamedTuple):
    """Curves and the digits that they are."""

    x: Float[np.ndarray, "row point"]
    y: Int[np.ndarray, " row"]
    x_test: Float[np.ndarray, "row point"]
    y_test: Int[np.ndarray, " row"]


@cache
def digits(seed: int = 42) -> Digits:
    """4,000 curves to train on and 1,000 to test, of zero mean and unit deviation; 42 is the published set."""
    draw = np.random.RandomState(seed)
    x = np.stack([_curve(template, draw) for template in _templates() for _ in range(N_EACH)])
    order = draw.permutation(len(x))
    x, y = ((x - x.mean()) / x.std())[order], np.repeat(np.arange(len(DIGITS)), N_EACH)[order]
    return Digits(x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:])


def _templates() -> Float[np.ndarray, "digit point"]:
    x = np.array(DIGITS)
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    curves: Float[np.ndarray, "digit point"] = (x - x[:, :1]) / 6 + 1e-8
    return curves


def _curve(template: Float[np.ndarray, " point"], draw: np.random.RandomState) -> Float[np.ndarray, " point"]:
    """A digit: padded and stretched, scaled, moved, in noise, sheared, and read at forty points."""
    padding = np.zeros(36 + int(draw.rand() * 25))
    x = _read(np.concatenate([template, padding]), N_PADDED) * (1 + 0.4 * (draw.rand() - 0.5))
    x = np.roll(x, draw.randint(48))
    hills = np.pad(0.25 * draw.randn(N_PADDED), RADIUS, mode="symmetric")
    kernel = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / SIGMA) ** 2)
    x = np.where(x == 0, np.convolve(hills, kernel / kernel.sum(), mode="valid"), x) + 0.02 * draw.randn(N_PADDED)
    return _read(x - 0.75 * (draw.rand() - 0.5) * np.linspace(-0.5, 0.5, N_PADDED), N_POINTS)


def _read(x: Float[np.ndarray, " point"], n: int) -> Float[np.ndarray, " point"]:
    """The curve at `n` points, with straight lines between those that it has."""
    read: Float[np.ndarray, " point"] = np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(x)), x)
    return read
