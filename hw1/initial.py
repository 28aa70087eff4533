"""Initial weights, drawn as torch's own layers draw them."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from hw1.architecture import Layer
from hw1.seeds import generator


def weights(layer: Layer, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """One layer's weights `[out, in(, k, k)]` and biases `[out]`, uniform in ±1/√fan_in.

    References:
        He et al. 2015, arXiv:1502.01852, with a = √5: the default of `torch.nn.Linear` and `Conv2d`.
    """
    bound = layer.fan_in**-0.5
    shape = (layer.n_out, layer.n_in) + (layer.kernel, layer.kernel) * bool(layer.kernel)
    weight = torch.empty(shape).uniform_(-bound, bound, generator=rng)
    bias = torch.empty(layer.n_out * layer.bias).uniform_(-bound, bound, generator=rng)
    return weight, bias


def augmented(layers: Sequence[Layer], *, seed: int) -> Float[Tensor, " p"]:
    """A dense network's parameters in the order of a `Stack`'s blocks: each unit's weights, then its bias."""
    rng = generator(seed, "init")
    drawn = [weights(layer, rng) for layer in layers]
    return torch.cat([torch.cat([w, b[:, None]], 1).flatten() if len(b) else w.flatten() for w, b in drawn])


def flat(layers: Sequence[Layer], *, seed: int) -> Float[Tensor, " p"]:
    """Any network's parameters in the order of `torch.nn.Module.parameters`: weights, then biases, layer by layer."""
    rng = generator(seed, "init")
    return torch.cat([part.flatten() for layer in layers for part in weights(layer, rng)])
