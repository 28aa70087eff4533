"""LeNet and the report's CNN as functions of one flat parameter vector."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1.architecture import Layer
from hw1.lenet import features


@dataclass(frozen=True, slots=True)
class ConvNet:
    """A convolutional network whose parameters are one flat vector, in the order of `nn.Module.parameters`."""

    model: str
    layers: tuple[Layer, ...]

    def logits(
        self,
        theta: Float[Tensor, " p"],
        images: Float[Tensor, "image 1 32 32"],
        coins: UInt8[Tensor, " byte"] | None = None,
    ) -> Float[Tensor, "image 10"]:
        """Class scores; in training mode when `coins` for dropout are given, else in evaluation mode.

        Computed in the images' type: where that is bfloat16, with the weights rounded to it.
        """
        parts = theta.to(images.dtype).split([n for layer in self.layers for n in (layer.n_weights, layer.n_out)])
        shapes = [(layer.n_out, layer.n_in) + (layer.kernel,) * (2 * bool(layer.kernel)) for layer in self.layers]
        weights = [w.view(shape) for w, shape in zip(parts[::2], shapes, strict=True)]
        if self.model == "lenet":
            return _lenet(images, weights, parts[1::2])
        return _cnn(
            images, weights, parts[1::2], coins.split(self.coin_bytes(len(images))) if coins is not None else ()
        )

    def coin_bytes(self, n_images: int) -> list[int]:
        """Random bytes that each dropout takes for a number of images, eight coins a byte; none without dropout."""
        if self.model == "lenet":
            return []
        n_dropped = zip(self.layers[1:4], (12 * 12, 4 * 4, 1), strict=True)
        return [-(-n_images * layer.n_out * n_pixels // 8) for layer, n_pixels in n_dropped]

    def loss(
        self,
        theta: Float[Tensor, " p"],
        images: Float[Tensor, "image 1 32 32"],
        labels: Int[Tensor, " image"],
        coins: UInt8[Tensor, " byte"] | None = None,
    ) -> tuple[Float[Tensor, ""], Int[Tensor, ""]]:
        """Mean cross-entropy over the images, in the weights' type, and how many of them are classified right."""
        logits = self.logits(theta, images, coins)
        return F.cross_entropy(logits.to(theta.dtype), labels), (logits.detach().argmax(1) == labels).sum()


def _lenet(x: Tensor, w: list[Tensor], b: tuple[Tensor, ...]) -> Tensor:
    x = features(x, w[0], b[0], w[1], b[1])
    for k in (2, 3):
        x = F.relu_(F.linear(x, w[k], b[k]))
    return F.linear(x, w[4], b[4])


def _cnn(x: Tensor, w: list[Tensor], b: tuple[Tensor, ...], coins: tuple[Tensor, ...]) -> Tensor:
    last = torch.channels_last
    w = [v.contiguous(memory_format=last) if v.dim() == 4 else v for v in w]  # noqa: PLR2004 - a convolution's kernel
    first, second, third = coins or (None, None, None)
    # With one channel both layouts have the same bytes: these strides tell torch to go on in channels-last.
    x = x.as_strided(x.shape, (x.stride(0), 1, x.shape[3], 1))
    x = F.relu_(F.conv2d(x, w[0], b[0]))
    x = _dropped(F.relu_(F.max_pool2d(F.conv2d(x, w[1], b[1]), 2)), first)
    x = _dropped(F.relu_(F.max_pool2d(F.conv2d(x, w[2], b[2]), 2)), second).flatten(1)
    x = _dropped(F.relu_(F.linear(x, w[3], b[3])), third)
    return F.linear(x, w[4], b[4])


def _dropped(x: Tensor, coins: Tensor | None) -> Tensor:
    """Dropout of one half (Srivastava et al. 2014), by a fair coin for every number.

    Eight coins to a drawn byte take less than half the time of `bernoulli_`.
    """
    if coins is None:
        return x
    bits = (coins[:, None] >> torch.arange(8, dtype=torch.uint8, device=x.device)).bitwise_and_(1)
    factors = bits.flatten()[: x.numel()].to(x.dtype).mul_(2.0)
    if x.dim() == 2:  # noqa: PLR2004 - dense: image, unit
        return x * factors.view(x.shape)
    n, channels, height, width = x.shape
    return x * factors.view(n, height, width, channels).permute(0, 3, 1, 2)
