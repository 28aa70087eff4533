"""Damped Newton steps towards a zero of the gradient, and what the loss looks like where they lead. Use float64."""

from collections.abc import Sequence
from typing import Any, NamedTuple, final

import torch
from jaxtyping import Float
from torch import Tensor

from hw1.architecture import Layer
from hw1.spectrum import active, hessian, loss_and_gradient

KERNEL = 1e-9
"""Eigenvalues of at most this share of the largest absolute one count as 0 in a Newton step: far above the error of
computed eigenvalues, about pε = 1e-13 of the largest."""
NEGLIGIBLE = 1e-9
"""A step shorter than this share of the parameters' norm is none: the way has ended."""
WINDOW = 5
"""A step may lengthen the gradient, but not beyond the longest at the last few points."""
_FIRST_DAMPING, _LEAST_DAMPING = 1e-6, 1e-20
_ON_REFUSAL, _ON_SUCCESS = 4.0, 1 / 5
_FRACTIONS = torch.logspace(-12, 0, 49, dtype=torch.float64)


class Problem(NamedTuple):
    """A leaky-ReLU network's mean squared error on some points, as a function of its flat parameters."""

    layers: Sequence[Layer]
    x: Float[Tensor, " point"]
    y: Float[Tensor, " point"]
    negative_slope: float

    def loss_and_gradient(self, theta: Float[Tensor, " p"]) -> tuple[float, Float[Tensor, " p"]]:
        """The loss and its gradient."""
        return loss_and_gradient(self.layers, theta, self.x, self.y, negative_slope=self.negative_slope)

    def point(self, theta: Float[Tensor, " p"]) -> "Point":
        """Loss, gradient and exact Hessian. O(p³) operations."""
        loss, gradient = self.loss_and_gradient(theta)
        exact = hessian(self.layers, theta, self.x, self.y, negative_slope=self.negative_slope)
        eigenvalues, eigenvectors = torch.linalg.eigh(exact)
        return Point(theta, loss, gradient, eigenvalues, eigenvectors)

    def smooth_fraction(self, theta: Float[Tensor, " p"], step: Float[Tensor, " p"]) -> float | None:
        """The first of the fractions 10⁻¹², 10⁻¹¹·⁷⁵, …, 1 of a step by which some unit has crossed its kink.

        The loss is smooth before; None if it is along the whole step.
        """
        before = active(self.layers, theta, self.x, negative_slope=self.negative_slope)
        for fraction in _FRACTIONS.tolist():
            after = active(self.layers, theta + fraction * step, self.x, negative_slope=self.negative_slope)
            if not torch.equal(before, after):
                return float(fraction)
        return None


class Point(NamedTuple):
    """A place in parameter space: the loss there, its gradient, and its Hessian's eigenvalues and eigenvectors."""

    theta: Float[Tensor, " p"]
    loss: float
    gradient: Float[Tensor, " p"]
    eigenvalues: Float[Tensor, " p"]
    eigenvectors: Float[Tensor, "p p"]

    @property
    def gradient_norm(self) -> float:
        """2-norm of the gradient."""
        return float(torch.linalg.vector_norm(self.gradient))

    @property
    def components(self) -> Float[Tensor, " p"]:
        """The gradient along each eigenvector."""
        return self.eigenvectors.T @ self.gradient

    @property
    def in_kernel(self) -> Tensor:
        """Which eigenvalues count as 0."""
        sizes = self.eigenvalues.abs()
        return sizes <= KERNEL * sizes.max()

    @property
    def hessian_gradient_ratio(self) -> float:
        """‖Hg‖ / (‖H‖‖g‖), from 0 to 1: the curvature along the gradient, as a share of the largest.

        About 0 where the gradient lies in the Hessian's kernel: there the loss is linear along it, and the gradient's
        own norm has a stationary point that need not be a zero.

        References:
            Frye et al. 2021, Neural Computation 33(6), arXiv:2003.10397.
        """
        image = torch.linalg.vector_norm(self.eigenvalues * self.components)
        return float(image / self.eigenvalues.abs().max()) / self.gradient_norm

    @property
    def newton_residual(self) -> float:
        """‖g − HH⁺g‖ / ‖g‖, from 0 to 1: the share of the gradient that no Newton step removes.

        Above 0.9 Frye et al. call a point gradient-flat.
        """
        return float(torch.linalg.vector_norm(self.components[self.in_kernel])) / self.gradient_norm

    @property
    def newton_step(self) -> Float[Tensor, " p"]:
        """−H⁺g: from here to the nearest zero of the gradient, were the loss quadratic."""
        along = torch.where(self.in_kernel, 0, self.components / self.eigenvalues)
        return -self.eigenvectors @ along

    def damped_step(self, damping: float) -> Float[Tensor, " p"]:
        """−(H² + λI)⁻¹ Hg: the Levenberg–Marquardt step for the equations g = 0, the larger λ the shorter."""
        along = self.eigenvalues * self.components / (self.eigenvalues.square() + damping)
        return -self.eigenvectors @ along


@final
class Search:
    """The way from one point to a zero of the gradient, whatever the loss does; can stop between any two steps.

    Levenberg–Marquardt for the equations g = 0, that is for ½‖g‖²: saddle points are found as well as minima. A step
    is taken if it leaves the gradient shorter than the longest at the last few points. Leaky ReLU makes the gradient
    jump where a unit crosses its kink; the way ends where no step that is not negligible is taken, zero or not.

    References:
        Levenberg 1944, Quarterly of Applied Mathematics 2(2). Marquardt 1963, SIAM Journal 11(2). Grippo, Lampariello
        & Lucidi 1986, SIAM Journal on Numerical Analysis 23(4), for the window.
    """

    def __init__(self, problem: Problem, theta: Float[Tensor, " p"], *, norm_below: float, max_steps: int) -> None:
        """Stand at `theta`; stop once the gradient's norm is below the given one, or after a limit of steps."""
        self.problem, self.norm_below, self.max_steps = problem, norm_below, max_steps
        self.here = self.best = problem.point(theta)
        self.recent = [self.here.gradient_norm]
        self.damping = _FIRST_DAMPING
        self.n_steps = 0
        self.ended = False

    @property
    def converged(self) -> bool:
        """True if the gradient is as short as it should be."""
        return self.best.gradient_norm < self.norm_below

    @property
    def done(self) -> bool:
        """True if no step is left to take."""
        return self.ended or self.converged or self.n_steps >= self.max_steps

    def step(self) -> None:
        """Take the least damped step that is allowed."""
        theta = self.here.theta
        least = NEGLIGIBLE * float(torch.linalg.vector_norm(theta))
        while True:
            step = self.here.damped_step(self.damping)
            if not float(torch.linalg.vector_norm(step)) > least:
                self.ended = True
                return
            _, gradient = self.problem.loss_and_gradient(theta + step)
            if float(torch.linalg.vector_norm(gradient)) < max(self.recent):
                break
            self.damping *= _ON_REFUSAL
        self.here = self.problem.point(theta + step)
        self.recent = [*self.recent, self.here.gradient_norm][-WINDOW:]
        self.damping = max(self.damping * _ON_SUCCESS, _LEAST_DAMPING)
        self.n_steps += 1
        if self.here.gradient_norm < self.best.gradient_norm:
            self.best = self.here

    def values(self) -> dict[str, Any]:
        """Everything that changes along the way."""
        thetas = {"here": self.here.theta, "best": self.best.theta}
        return {**thetas, **{name: getattr(self, name) for name in ("recent", "damping", "n_steps", "ended")}}

    def restore(self, values: Any) -> None:  # noqa: ANN401 - what torch.load gave back
        """Continue from `values()`."""
        for name in ("recent", "damping", "n_steps", "ended"):
            setattr(self, name, values[name])
        self.here, self.best = (self.problem.point(values[name]) for name in ("here", "best"))
