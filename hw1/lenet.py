"""LeNet's convolutions, pooling and ReLU: by our compiled program where it is faster, else by torch."""

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1.compiled import Program, program
from hw1.convolution import conv, conv_pool_relu


def features(
    images: Float[Tensor, "image 1 32 32"],
    weight_1: Float[Tensor, "6 1 5 5"],
    bias_1: Float[Tensor, " 6"],
    weight_2: Float[Tensor, "16 6 5 5"],
    bias_2: Float[Tensor, " 16"],
) -> Float[Tensor, "image 400"]:
    """ReLU of the pooled second convolution of the ReLU of the pooled first one.

    In float32 on a CPU the compiled program computes it, in a third of torch's time and with other rounding; it has no
    gradient by the images, so that torch computes whatever asks for one.
    """
    used = None if images.requires_grad else _program(images.device, images.dtype)
    if used is not None:
        result: Tensor = _Compiled.apply(used, images, weight_1, bias_1, weight_2, bias_2)
        return result
    x = conv_pool_relu(images, weight_1, bias_1)
    # Pooling is vectorised over channels only in channels-last; the convolution itself is faster in channels-first.
    x = conv(x, weight_2, bias_2).contiguous(memory_format=torch.channels_last)
    return F.relu_(F.max_pool2d(x, 2)).flatten(1)


def convolutions(model: str, images: Tensor) -> dict[str, str]:
    """The further column of a LeNet's row of `runs`, by the images that it was trained on."""
    if model != "lenet":
        return {}
    return {"convolutions": "torch" if _program(images.device, images.dtype) is None else "C"}


def _program(device: torch.device, dtype: torch.dtype) -> Program | None:
    return program() if device.type == "cpu" and dtype == torch.float32 else None


@final
class _Compiled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, used: Program, images: Tensor, *weights: Tensor) -> Tensor:  # noqa: ANN401 - torch gives no type for it
        weights = tuple(weight.contiguous() for weight in weights)
        result, ctx.kept = used.forward(images.contiguous(), *weights, keep=any(ctx.needs_input_grad))
        ctx.used = used
        ctx.save_for_backward(weights[2])
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 - torch gives no type for it
        return None, None, *ctx.used.backward(gradient.contiguous(), *ctx.saved_tensors, ctx.kept)
