"""ReLU students of orthonormal ReLU teachers: loss, gradient and Hessian over standard normal input, in closed form.

With θ the angle of w and v, E[relu(wᵀx) relu(vᵀx)] = |w||v| (sin θ + (π − θ) cos θ) / 2π. Teachers are the unit vectors
and count with a minus, so that the loss is half the sum of this over all pairs of neurons.

References:
    Cho & Saul 2009, Kernel Methods for Deep Learning: the arc-cosine kernel of degree 1.
    Safran & Shamir 2018, arXiv:1712.08968.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

_PARALLEL = 1e-7
"""Sine of an angle below which the terms of the Hessian that depend on its plane, which cancel, are left out."""


class Students:
    """The weights of a stack of students, and buffers for their gradient: a step allocates nothing.

    A stack of one takes another matrix kernel on a CPU and so other last bits: a lone student is doubled.
    """

    def __init__(self, weights: Float[Tensor, "run n k"]) -> None:
        """Copy the weights."""
        n, k = weights.shape[1:]
        n_stacked = max(len(weights), 2)
        teachers = torch.eye(k, dtype=weights.dtype).expand(n_stacked, k, k)
        both = weights.expand(n_stacked, n, k)
        self.n_runs = len(weights)
        self._signed, self._units = torch.cat([both, -teachers], 1), torch.cat([both, teachers], 1)
        self._lengths = -torch.ones_like(self._signed[:, :, :1])
        self._cosines = weights.new_empty(n_stacked, n, n + k)
        self._sines, self._gradient = torch.empty_like(self._cosines), torch.empty_like(both)
        self._pull = torch.empty_like(both[:, :, :1])
        self._one = weights.new_ones(())
        self._w, self._w_lengths, self._w_units = self._signed[:, :n], self._lengths[:, :n], self._units[:, :n]

    @property
    def weights(self) -> Float[Tensor, "run n k"]:
        """The present weights, a view."""
        return self._w[: self.n_runs]

    def gradient(self) -> Float[Tensor, "run n k"]:
        """Gradient of each run's loss, in a buffer: of w, the sum over all v of ±(|v| sin θ w/|w| + (π − θ) v) / 2π."""
        cosines, sines = self._cosines, self._sines
        torch.linalg.vector_norm(self._w, dim=2, keepdim=True, out=self._w_lengths)
        torch.div(self._w, self._w_lengths, out=self._w_units)
        torch.bmm(self._w_units, self._units.transpose(1, 2), out=cosines).clamp_(-1, 1)
        torch.addcmul(self._one, cosines, cosines, value=-1, out=sines).sqrt_()
        torch.bmm(sines, self._lengths, out=self._pull)
        rest = cosines.acos_().neg_().add_(math.pi)
        torch.bmm(rest, self._signed, out=self._gradient)
        self._gradient.addcmul_(self._pull, self._w_units).div_(2 * math.pi)
        return self._gradient[: self.n_runs]

    def step(self, learning_rate: float) -> None:
        """One step of gradient descent."""
        self.gradient()
        self._w.sub_(self._gradient, alpha=learning_rate)

    def losses(self) -> Float[Tensor, " run"]:
        """Each run's loss."""
        n_stacked, n, k = self._w.shape
        both = torch.cat([self._w, -self._signed[:, n:]], 1)
        lengths = torch.linalg.vector_norm(both, dim=2, keepdim=True)
        units = both / lengths
        cosines = torch.bmm(units, units.transpose(1, 2)).clamp_(-1, 1)
        angles = torch.acos(cosines)
        kernel = (1 - cosines * cosines).sqrt_().add_((math.pi - angles) * cosines)
        signed = torch.cat([lengths[:, :n], -lengths[:, n:]], 1)
        pairs = kernel * signed * signed.transpose(1, 2)
        return pairs.view(n_stacked, (n + k) ** 2).sum(1).div(4 * math.pi)[: self.n_runs]


def hessian(weights: Float[Tensor, "n k"]) -> Float[Tensor, "p p"]:
    """Hessian of one student's loss by its weights, neuron by neuron. O(n² k²) memory."""
    n, k = weights.shape
    eye = torch.eye(k, dtype=weights.dtype)
    both = torch.cat([weights, eye])
    lengths = torch.linalg.vector_norm(both, dim=1)
    units = both / lengths[:, None]
    cosines = (units[:n] @ units.T).clamp(-1, 1)
    across = units - cosines[:, :, None] * units[:n, None]
    sines = torch.linalg.vector_norm(across, dim=2)
    across = torch.where(sines[:, :, None] > _PARALLEL, across / sines[:, :, None], 0.0)
    turn = torch.einsum("ia,ijb->ijab", units[:n], across[:, :n])
    blocks = (math.pi - cosines[:, :n].acos())[:, :, None, None] * eye + turn + turn.permute(1, 0, 2, 3)
    pull = sines * lengths / lengths[:n, None]
    pull[:, n:].neg_()
    beside = eye - units[:n, :, None] * units[:n, None]
    own = pull.sum(1)[:, None, None] * beside + torch.einsum("ij,ija,ijb->iab", pull, across, across)
    blocks[range(n), range(n)] = math.pi * eye + own
    curvature: Tensor = blocks.permute(0, 2, 1, 3).reshape(n * k, n * k) / (2 * math.pi)
    return curvature
