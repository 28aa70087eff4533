"""Convolution, max pooling and ReLU of narrow layers, arranged so that every elementwise kernel runs at full width."""

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom
from torch.ops import aten


def conv_pool_relu(
    x: Float[Tensor, "image in height width"], weight: Float[Tensor, "out in k k"], bias: Float[Tensor, " out"]
) -> Float[Tensor, "image out half_height half_width"]:
    """ReLU of the 2×2 max pooling of a convolution without padding; height and width of the convolution must be even.

    The four positions of a pooling window are computed as four groups of channels by one convolution of stride 2, whose
    kernels are the given one shifted inside a frame one larger. Pooling is then a maximum of contiguous blocks. On a
    CPU this is several times faster than `max_pool2d` on a few channels, which cannot be vectorised over them; it
    costs (k+1)²/k² the multiplications, so it pays on the first layer only.
    """
    frames = [F.pad(weight, (dx, 1 - dx, dy, 1 - dy)) for dy in (0, 1) for dx in (0, 1)]
    positions = F.conv2d(x, torch.cat(frames), bias.repeat(4), stride=2)
    return F.relu_(_BlockMax.apply(positions))


def conv(
    x: Float[Tensor, "image in height width"], weight: Float[Tensor, "out in k k"], bias: Float[Tensor, " out"]
) -> Float[Tensor, "image out less_height less_width"]:
    """A convolution without padding, each of whose gradients is computed in the layout that is faster for it.

    On a CPU, with few channels, the input's is in channels-first and the weights' in channels-last, in about half the
    time of the other layout. The layouts may sum in different orders, so their gradients are equal to rounding: to the
    bit with AVX-512, but not in bfloat16 with AVX2, nor that of the bias with SSE.
    """
    result: Tensor = _Convolution.apply(x, weight, bias)
    return result


@final
class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:  # noqa: ANN401 - torch gives no type for it
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - torch gives no type for it
        x, weight = ctx.saved_tensors
        of_input, of_weight, of_bias = ctx.needs_input_grad
        d_x = d_weight = d_bias = None
        if of_input:
            d_x, _, _ = _gradients(gradient, x, weight, (True, False, False))
        if of_weight or of_bias:
            x = x.contiguous(memory_format=torch.channels_last)
            _, d_weight, d_bias = _gradients(gradient, x, weight, (False, of_weight, of_bias))
        return d_x, d_weight, d_bias


def _gradients(
    gradient: Tensor, x: Tensor, weight: Tensor, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    found: tuple[Tensor | None, Tensor | None, Tensor | None] = aten.convolution_backward(
        gradient,
        x,
        weight,
        bias_sizes=[len(weight)],
        stride=[1, 1],
        padding=[0, 0],
        dilation=[1, 1],
        transposed=False,
        output_padding=[0, 0],
        groups=1,
        output_mask=wanted,
    )
    return found


@final
class _BlockMax(torch.autograd.Function):
    """Maximum over four blocks of channels; the first of equal ones gets the gradient, as in `max_pool2d`."""

    @staticmethod
    def forward(ctx: Any, blocks: Tensor) -> Tensor:  # noqa: ANN401 - torch gives no type for it
        a0, a1, a2, a3 = blocks.chunk(4, 1)
        m01, m23 = torch.maximum(a0, a1), torch.maximum(a2, a3)
        ctx.save_for_backward(blocks, m01, m23)
        return torch.maximum(m01, m23)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401 - torch gives no type for it
        blocks, m01, m23 = ctx.saved_tensors
        a0, a1, a2, a3 = blocks.chunk(4, 1)
        result = torch.empty_like(blocks)
        r0, r1, r2, r3 = result.chunk(4, 1)
        g23 = aten.threshold_backward(gradient, m23 - m01, 0)  # passes where m23 > m01; five times faster than `where`
        g01 = gradient - g23
        torch.sub(g01, aten.threshold_backward.grad_input(g01, a1 - a0, 0, grad_input=r1), out=r0)
        torch.sub(g23, aten.threshold_backward.grad_input(g23, a3 - a2, 0, grad_input=r3), out=r2)
        return result
