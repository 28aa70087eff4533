"""Layer shapes of every network, and the parameter counts that follow from them. Needs no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

N_CLASSES = 10
IMAGE_SIZE = {"original": 28, "padded": 32, "resized": 32}
"""Pixels along one side of an image, by frame."""
N_SHARDS = 4
"""Parts of a batch that the CNN's gradient is the sum of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """A dense layer (kernel 0) or a square convolution, with the width of its input and output."""

    n_in: int
    n_out: int
    kernel: int = 0
    bias: bool = True
    n_positions: int = 1
    """Pixels of a convolution's output: how often its weights are applied to one image."""

    @property
    def fan_in(self) -> int:
        """Inputs of one output unit."""
        return self.n_in * max(self.kernel, 1) ** 2

    @property
    def n_weights(self) -> int:
        """Weights, biases left out."""
        return self.fan_in * self.n_out

    @property
    def n_params(self) -> int:
        """Weights and biases."""
        return self.n_weights + self.n_out * self.bias


CONVOLUTIONAL: dict[str, tuple[Layer, ...]] = {
    # LeCun et al. 1998 with max pooling and ReLU, as the report describes it. Input 1×32×32.
    "lenet": (
        Layer(n_in=1, n_out=6, kernel=5, n_positions=28**2),
        Layer(n_in=6, n_out=16, kernel=5, n_positions=10**2),
        Layer(n_in=400, n_out=120),
        Layer(n_in=120, n_out=84),
        Layer(n_in=84, n_out=N_CLASSES),
    ),
    # The report's "CustomCNN". Input 1×32×32.
    "cnn": (
        Layer(n_in=1, n_out=32, kernel=5, n_positions=28**2),
        Layer(n_in=32, n_out=32, kernel=5, n_positions=24**2),
        Layer(n_in=32, n_out=64, kernel=5, n_positions=8**2),
        Layer(n_in=1024, n_out=256),
        Layer(n_in=256, n_out=N_CLASSES),
    ),
}


def dense(widths: Sequence[int], *, output_bias: bool = True) -> tuple[Layer, ...]:
    """Dense layers between the given widths."""
    last = len(widths) - 2
    return tuple(Layer(n_in=i, n_out=o, bias=output_bias or k < last) for k, (i, o) in enumerate(pairwise(widths)))
