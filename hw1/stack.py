"""Dense networks of one shape, all runs as one stack `[run, unit, point]`, with the gradient written out."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.ops import aten

from hw1.architecture import Layer

LANES = 64
"""Flat buffers are whole multiples of this many numbers, so that vectorised kernels have no scalar tail."""


class Stack:
    """Weights and gradients of many networks of one shape, in flat buffers that every step reuses.

    A layer's block is `[run, out, in + 1]`: the bias is the weight of a constant input of 1. A stack that may be shared
    holds at least two networks, since a stack of one takes another matrix kernel on a CPU and so other last bits: a
    lone run is doubled.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        rows: Float[Tensor, "run p"],
        *,
        shared: bool = True,
    ) -> None:
        """Networks with the given weights, one row a run in the order of the blocks; `shared`: may be in packs."""
        self.layers = tuple(layers)
        self.n_runs = len(rows)
        self.n_stacked = max(self.n_runs, 2) if shared else self.n_runs
        n_flat = -(-self.n_stacked * rows.shape[1] // LANES) * LANES
        self.theta = rows.new_zeros(n_flat)
        self.gradient = torch.zeros_like(self.theta)
        self.weights = self._blocks(self.theta)
        self.gradients = self._blocks(self.gradient)
        self._gradient_rows = rows.new_empty((self.n_stacked, rows.shape[1]))
        self._gradient_parts = [g.flatten(1) for g in self.gradients]
        self.fill(self.theta, rows)

    def _blocks(self, flat: Tensor) -> list[Tensor]:
        blocks, start = [], 0
        for layer in self.layers:
            size = self.n_stacked * layer.n_params
            blocks.append(flat[start : start + size].view(self.n_stacked, layer.n_out, layer.n_in + layer.bias))
            start += size
        return blocks

    def rows(self, flat: Tensor) -> Float[Tensor, "run p"]:
        """A flat buffer (weights, gradient, an optimiser's moment) as one row a run, in the order of the blocks."""
        return torch.cat([b.flatten(1) for b in self._blocks(flat)], 1)[: self.n_runs]

    def fill(self, flat: Tensor, rows: Float[Tensor, "run p"]) -> None:
        """Write rows back into a flat buffer; a lone run is written twice."""
        doubled = rows.expand(self.n_stacked, -1)
        parts = doubled.split([layer.n_params for layer in self.layers], 1)
        for block, part in zip(self._blocks(flat), parts, strict=True):
            block.copy_(part.reshape(block.shape))

    def gradient_norms(self) -> Float[Tensor, " run"]:
        """2-norm of each run's gradient."""
        rows = torch.cat(self._gradient_parts, 1, out=self._gradient_rows)
        norms: Tensor = torch.linalg.vector_norm(rows, dim=1)
        return norms[: self.n_runs]


class Pass:
    """Forward and backward through a stack for a fixed number of points, on buffers and views made once.

    Making a view takes as long as a tenth of a small product, and a step needs forty.
    """

    def __init__(self, stack: Stack, *, n_points: int, negative_slope: float) -> None:
        """Allocate activations; two scratch buffers serve all layers in turn, so that a stack stays in the cache."""
        self.stack, self.slope = stack, negative_slope
        new, n = stack.theta.new_empty, stack.n_stacked
        self._h = [new((n, layer.n_in + layer.bias, n_points)).fill_(1.0) for layer in stack.layers[1:]]
        shapes = [(n, layer.n_out, n_points) for layer in stack.layers]
        scratch = [new(max(map(math.prod, shapes))) for _ in range(2)]
        self._z = [scratch[k % 2][: math.prod(shape)].view(shape) for k, shape in enumerate(shapes)]
        self._input = self._z[0]
        n_in = [layer.n_in for layer in stack.layers]
        self._inner = [h[:, :n] for h, n in zip(self._h, n_in[1:], strict=True)]
        self._h_transposed = [h.transpose(1, 2) for h in self._h]
        self._w_transposed = [w[:, :, :n].transpose(1, 2) for w, n in zip(stack.weights, n_in, strict=True)]

    def forward(self, x: Float[Tensor, "#stacked feature_and_one point"]) -> Float[Tensor, "stacked out point"]:
        """Outputs of every network; the last feature of `x` is the constant 1. The next call reuses the buffer."""
        self._input = x.expand(self.stack.n_stacked, -1, -1)
        for k, (weight, z) in enumerate(zip(self.stack.weights, self._z, strict=True)):
            torch.bmm(weight, self._h[k - 1] if k else self._input, out=z)
            if k < len(self._h):
                torch._C._nn.leaky_relu(z, self.slope, out=self._inner[k])  # noqa: SLF001 - no public out=
        return self._z[-1]

    def backward(self, d_output: Float[Tensor, "stacked out point"]) -> None:
        """Write the stack's gradients, given the derivative of each network's loss by the outputs of `forward`.

        The chain rule from the last layer back: gW = δ hᵀ and δ' = (Wᵀ δ) φ'(h), one batched product each.
        """
        delta = self._z[-1].copy_(d_output)
        for k in range(len(self._z) - 1, 0, -1):
            torch.bmm(delta, self._h_transposed[k - 1], out=self.stack.gradients[k])
            delta = torch.bmm(self._w_transposed[k], delta, out=self._z[k - 1])
            aten.leaky_relu_backward.grad_input(delta, self._inner[k - 1], self.slope, True, grad_input=delta)  # noqa: FBT003
        torch.bmm(delta, self._input.transpose(1, 2), out=self.stack.gradients[0])


def with_ones(x: Float[Tensor, "#run feature point"]) -> Float[Tensor, "#run feature_and_one point"]:
    """The input that a `Pass` takes: a constant feature of 1 appended, whose weights are the biases."""
    return torch.cat([x, torch.ones_like(x[:, :1])], 1)
