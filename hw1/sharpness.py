"""Sharpness of a minimum: by how much the loss can rise in a small box around the weights."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from hw1.architecture import Layer

Box = Literal["keskar", "adaptive"]
LossGradient = Callable[[Tensor], tuple[float, Tensor]]
"""Of weights `[p]`: the loss, and its gradient `[p]`."""
STRETCH = 2.5
"""Steps of an ascent, end to end, reach this many times the box's size (Madry et al. 2018, arXiv:1706.06083)."""


class Rise(NamedTuple):
    """The loss at the weights, and the largest one found in the box around them."""

    loss: float
    largest: float

    @property
    def sharpness(self) -> float:
        """(largest loss − loss) / (1 + loss), in percent (Keskar et al. 2017, equation 4).

        >>> Rise(loss=1.0, largest=4.0).sharpness
        150.0
        """
        return 100 * (self.largest - self.loss) / (1 + self.loss)


def half_widths(theta: Float[Tensor, " p"], box: Box) -> Float[Tensor, " p"]:
    """By how much each weight may move, for ε = 1.

    Keskar's box |Δ| ≤ ε(|θ| + 1) depends on how weights are shared out between layers; the adaptive one, |Δ| ≤ ε|θ|,
    does not: scaling a unit's weights scales its box.

    References:
        Keskar et al. 2017, arXiv:1609.04836, equation 3. Kwon et al. 2021, arXiv:2102.11600, definition 2.
    """
    return theta.abs() + 1 if box == "keskar" else theta.abs()


def rise(
    loss_gradient: LossGradient, theta: Float[Tensor, " p"], widths: Float[Tensor, " p"], *, epsilon: float, steps: int
) -> Rise:
    """The largest loss seen by projected ascent along the gradient's sign, from the weights to within |Δ| ≤ ε·widths.

    A lower bound of the true maximum, as Keskar's ten iterations of L-BFGS-B are. Δ = u·widths with |u| ≤ ε, so that
    an ascent in a box that scales with the weights takes the same way. A loss that is no number is not the largest.
    """
    u = torch.zeros_like(theta)
    first, gradient = loss_gradient(theta)
    largest = first
    for _ in range(steps):
        u.add_(gradient.sign(), alpha=STRETCH * epsilon / steps).clamp_(-epsilon, epsilon)
        loss, gradient = loss_gradient(theta + u * widths)
        largest = max(largest, loss)
    return Rise(first, largest)


def rescaled(layers: Sequence[Layer], theta: Float[Tensor, " p"], factor: float) -> Float[Tensor, " p"]:
    """Other weights of the same function: the last hidden layer but one times the factor, the next one's by it.

    ReLU and max pooling commute with positive factors, so the scaled unit's output (weights and bias scaled) is scaled,
    and the next layer's weights (not its bias) undo it. Exact to the last bit for powers of two.

    References:
        Dinh et al. 2017, arXiv:1703.04933, section 3.
    """
    parts = list(theta.split([n for layer in layers for n in (layer.n_weights, layer.n_out * layer.bias)]))
    scaled = 2 * (len(layers) - 3)
    for part in (scaled, scaled + 1):
        parts[part] = parts[part] * factor
    parts[scaled + 2] = parts[scaled + 2] / factor
    return torch.cat(parts)
