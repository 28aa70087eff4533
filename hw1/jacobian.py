"""Norm of the Jacobian of a network's outputs with respect to its input, image by image."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from hw1.convnet import ConvNet


class JacobianNorms(NamedTuple):
    """Frobenius norms, one an image, per unit of the network's input (a pixel's value as the spec scales it)."""

    probabilities: Float[Tensor, " image"]
    logits: Float[Tensor, " image"]


def jacobian_norms(net: ConvNet, theta: Float[Tensor, " p"], images: Float[Tensor, "image 1 32 32"]) -> JacobianNorms:
    """Norm of ∂p/∂x, the 10 class probabilities by all 1,024 input values, and of ∂z/∂x, the class scores.

    With p = softmax(z): ∂p_c/∂x = p_c (∂z_c/∂x − Σ_k p_k ∂z_k/∂x). One backward pass a class, in evaluation mode.
    Novak et al. take the probabilities; the scores tell how much of a norm is only the softmax's saturation. Where
    pooled values are equal, as on a black ground, the derivative of the first one counts.

    References:
        Novak et al. 2018, arXiv:1802.08760, section 3.
    """
    x = images.detach().requires_grad_()
    with torch.enable_grad():
        logits = net.logits(theta.detach(), x)
        rows = [torch.autograd.grad(scores.sum(), x, retain_graph=True)[0].flatten(1) for scores in logits.unbind(1)]
    of_logits = torch.stack(rows, 1)
    p = torch.softmax(logits.detach(), 1)
    of_probabilities = p[:, :, None] * (of_logits - p[:, None] @ of_logits)
    return JacobianNorms(*(torch.linalg.vector_norm(j, dim=(1, 2)) for j in (of_probabilities, of_logits)))
