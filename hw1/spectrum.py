"""The exact Hessian of a leaky-ReLU network's mean squared error, and its eigenvalues."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hw1.architecture import Layer


def hessian(
    layers: Sequence[Layer],
    theta: Float[Tensor, " p"],
    x: Float[Tensor, " point"],
    y: Float[Tensor, " point"],
    *,
    negative_slope: float,
) -> Float[Tensor, "p p"]:
    """Hessian of mean (f(x) − y)² by the parameters of one network, in the order of a `Stack`'s blocks.

    Closed form: leaky ReLU is piecewise linear, so H = 2/N Σ (J Jᵀ + r ∇²f), and ∇²f only couples different layers
    k < l, as ∂f/∂z_l ⊗ ∂h_{l−1}/∂z_k ⊗ h_{k−1}. O(N p²) operations. Call it in float64.

    Returns:
        Symmetric, in squared target units per squared parameter unit.
    """
    weights = _blocks(layers, theta)
    h, masks = _activations(layers, weights, x, negative_slope)
    deltas = _output_derivatives(layers, weights, masks, torch.ones_like(h[0][:, :1]))
    residual = _output(weights[-1], h[-1]) - y
    jacobian = torch.cat([(d[:, :, None] * a[:, None, :]).flatten(1) for d, a in zip(deltas, h, strict=True)], 1)
    result = jacobian.T @ jacobian
    starts = torch.tensor([0, *(layer.n_params for layer in layers)]).cumsum(0).tolist()
    for k in range(len(layers) - 1):
        sensitivity = torch.diag_embed(masks[k])  # ∂h_{l−1}/∂z_k as [point, j, a], here for l = k + 1
        for m in range(k + 1, len(layers)):
            block = _coupling(residual[:, None] * deltas[m], sensitivity, h[k], n_columns=h[m].shape[1])
            rows, cols = slice(starts[k], starts[k + 1]), slice(starts[m], starts[m + 1])
            result[rows, cols] += block
            result[cols, rows] += block.T
            if m < len(layers) - 1:
                weight = weights[m][:, : layers[m].n_in]
                sensitivity = masks[m][:, :, None] * (weight @ sensitivity)
    return result * (2 / len(x))


def loss_and_gradient(
    layers: Sequence[Layer],
    theta: Float[Tensor, " p"],
    x: Float[Tensor, " point"],
    y: Float[Tensor, " point"],
    *,
    negative_slope: float,
) -> tuple[float, Float[Tensor, " p"]]:
    """Mean (f(x) − y)² and its gradient by the parameters of one network, in the order of a `Stack`'s blocks."""
    weights = _blocks(layers, theta)
    h, masks = _activations(layers, weights, x, negative_slope)
    residual = _output(weights[-1], h[-1]) - y
    deltas = _output_derivatives(layers, weights, masks, residual[:, None] * (2 / len(x)))
    gradient = torch.cat([(d.T @ a).flatten() for d, a in zip(deltas, h, strict=True)])
    return float(residual @ residual) / len(x), gradient


def active(
    layers: Sequence[Layer], theta: Float[Tensor, " p"], x: Float[Tensor, " point"], *, negative_slope: float
) -> Bool[Tensor, "point unit"]:
    """Which hidden units are above their kink: where no unit changes sides, the network is a polynomial of theta."""
    _, masks = _activations(layers, _blocks(layers, theta), x, negative_slope)
    return torch.cat([mask == 1 for mask in masks], 1)


def spectrum(
    layers: Sequence[Layer],
    theta: Float[Tensor, " p"],
    x: Float[Tensor, " point"],
    y: Float[Tensor, " point"],
    *,
    negative_slope: float,
) -> Float[Tensor, " p"]:
    """Eigenvalues of the exact Hessian, ascending, computed in float64 whatever the type of the weights."""
    exact = hessian(layers, theta.double(), x.double(), y.double(), negative_slope=negative_slope)
    eigenvalues: Tensor = torch.linalg.eigvalsh(exact)
    return eigenvalues


def minimal_ratio(eigenvalues: Float[Tensor, " p"]) -> float:
    """Fraction of positive eigenvalues: the report's minimal ratio.

    >>> minimal_ratio(torch.tensor([-1.0, 0.0, 2.0, 3.0]))
    0.5
    """
    return (eigenvalues > 0).double().mean().item()


def _blocks(layers: Sequence[Layer], theta: Tensor) -> list[Tensor]:
    parts = theta.split([layer.n_params for layer in layers])
    return [part.view(layer.n_out, -1) for layer, part in zip(layers, parts, strict=True)]


def _output(weight: Tensor, h: Tensor) -> Tensor:
    return (h @ weight.T)[:, 0]


def _activations(
    layers: Sequence[Layer], weights: list[Tensor], x: Tensor, slope: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Each layer's input `[point, in + 1]` and, for the hidden ones, the activation's derivative `[point, out]`."""
    h, masks = [_with_one(x[:, None], layers[0])], []
    for layer, weight in zip(layers[1:], weights, strict=False):
        z = h[-1] @ weight.T
        masks.append(torch.where(z > 0, z.new_tensor(1.0), z.new_tensor(slope)))
        h.append(_with_one(z * masks[-1], layer))
    return h, masks


def _with_one(h: Tensor, layer: Layer) -> Tensor:
    return torch.cat([h, torch.ones_like(h[:, :1])], 1) if layer.bias else h


def _output_derivatives(
    layers: Sequence[Layer], weights: list[Tensor], masks: list[Tensor], last: Tensor
) -> list[Tensor]:
    """∂f/∂z of every layer, `[point, out]`, first layer first; `last` is that of the output."""
    deltas = [last]
    for layer, weight, mask in zip(reversed(layers), reversed(weights), reversed(masks), strict=False):
        deltas.insert(0, (deltas[0] @ weight[:, : layer.n_in]) * mask)
    return deltas


def _coupling(weighted: Tensor, sensitivity: Tensor, h: Tensor, *, n_columns: int) -> Tensor:
    """Σ over points of r ∂f/∂z_l[i] · ∂h_{l−1}[j]/∂z_k[a] · h_{k−1}[b], as rows (a, b) and columns (i, j)."""
    n, n_j, n_a = sensitivity.shape
    product = (sensitivity[:, :, :, None] * h[:, None, None, :]).reshape(n, -1)
    block = (weighted.T @ product).view(weighted.shape[1], n_j, n_a * h.shape[1])
    columns = torch.nn.functional.pad(block, (0, 0, 0, n_columns - n_j))  # a bias weights the constant 1: no coupling
    return columns.flatten(0, 1).T
