"""Newton steps and what is measured at a point, against autograd and problems whose answer is known."""

import math

import pytest
import torch
from torch import Tensor

from hw1 import initial
from hw1.architecture import dense
from hw1.functions import evaluate, grid
from hw1.newton import Point, Problem, Search
from hw1.plain import initialised
from hw1.tests.made import fit

pytestmark = pytest.mark.kernels

X, Y = torch.tensor(grid()), torch.tensor(evaluate("sinc", grid()))
LAYERS = dense((1, 4, 6, 3, 1))
PROBLEM = Problem(LAYERS, X, Y, 0.01)


def _start(seed: int = 0) -> Tensor:
    return initial.augmented(LAYERS, seed=seed).double()


def test_the_gradient_is_autograds() -> None:
    net = initialised(fit(hidden=(4, 6, 3)), seed=2)
    expected = (net(X[:, None])[:, 0] - Y).square().mean()
    expected.backward()
    loss, gradient = PROBLEM.loss_and_gradient(_start(2))
    parts = [p.grad for p in net.parameters()]
    by_unit = [torch.cat([w, b[:, None]], 1).flatten() for w, b in zip(parts[::2], parts[1::2], strict=True)]
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    torch.testing.assert_close(gradient, torch.cat(by_unit), rtol=1e-9, atol=1e-14)


def test_the_ratio_is_that_of_the_hessian_times_the_gradient_by_differences() -> None:
    point = PROBLEM.point(_start(3))
    g, tiny = point.gradient, 1e-6
    ahead, behind = (PROBLEM.loss_and_gradient(point.theta + s * g)[1] for s in (tiny, -tiny))
    image = torch.linalg.vector_norm((ahead - behind) / (2 * tiny))
    expected = image / (point.eigenvalues.abs().max() * torch.linalg.vector_norm(g))
    assert point.hessian_gradient_ratio == pytest.approx(float(expected), rel=1e-5)
    assert 0 < point.hessian_gradient_ratio < 1


def _point(eigenvalues: list[float], gradient: list[float]) -> Point:
    n = len(gradient)
    values, along = torch.tensor(eigenvalues).double(), torch.tensor(gradient).double()
    return Point(torch.ones(n).double(), 1.0, along, values, torch.eye(n).double())


def test_a_gradient_in_the_kernel_is_flat_and_one_along_the_sharpest_direction_is_not() -> None:
    flat, sharp = _point([0.0, 1e-12, 2.0], [3.0, 4.0, 0.0]), _point([-2.0, 0.0, 1.0], [0.5, 0.0, 0.0])
    assert flat.hessian_gradient_ratio < 1e-11
    assert (flat.newton_residual, sharp.newton_residual) == (1, 0)
    assert sharp.hessian_gradient_ratio == 1
    assert not flat.newton_step.any()
    assert sharp.newton_step.tolist() == [0.25, 0, 0]
    mixed = _point([0.0, 4.0, 2.0], [3.0, 0.0, 4.0])
    assert mixed.newton_residual == pytest.approx(0.6)
    assert mixed.hessian_gradient_ratio == pytest.approx(0.4)


def test_damping_shortens_the_newton_step_and_none_leaves_it() -> None:
    point = _point([-2.0, 1.0, 3.0], [1.0, -1.0, 2.0])
    torch.testing.assert_close(point.damped_step(0.0), point.newton_step)
    lengths = [float(point.damped_step(damping).norm()) for damping in (0.0, 1.0, 100.0)]
    assert lengths == sorted(lengths, reverse=True)


def test_a_linear_network_is_at_its_least_squares_fit_after_newton_steps() -> None:
    layers = dense((1, 1))
    search = Search(Problem(layers, X, Y, 0.01), torch.tensor([3.0, -2.0]).double(), norm_below=1e-12, max_steps=20)
    while not search.done:
        search.step()
    design = torch.stack([X, torch.ones_like(X)], 1)
    torch.testing.assert_close(search.best.theta, torch.linalg.lstsq(design, Y[:, None]).solution[:, 0])
    assert search.converged
    assert 0 < search.n_steps < 10


def test_a_search_finds_a_saddle_point_and_does_not_flee_it() -> None:
    layers = dense((1, 1, 1), output_bias=False)
    x = torch.linspace(0.5, 1.5, 20).double()
    near = torch.tensor([0.02, 0.0, 0.03]).double()  # f = v·leaky(wx + b): with v = 0 and a suited b, 0 is a saddle
    search = Search(Problem(layers, x, x, 0.01), near, norm_below=1e-10, max_steps=50)
    while not search.done:
        search.step()
    assert search.converged
    assert search.best.loss == pytest.approx(float(x.square().mean()))
    assert float(search.best.eigenvalues.min()) < -0.1


@pytest.mark.parametrize("seed", range(3))
def test_the_best_point_is_never_worse_than_the_start_and_no_threshold_is_claimed_that_was_not_met(seed: int) -> None:
    search = Search(PROBLEM, _start(seed), norm_below=1e-6, max_steps=30)
    first = search.here.gradient_norm
    while not search.done:
        search.step()
        assert search.best.gradient_norm <= first
        assert search.here.gradient_norm <= max(search.recent)
    assert search.converged == (search.best.gradient_norm < 1e-6)
    assert search.converged or search.ended or search.n_steps == 30
    assert math.isclose(search.best.gradient_norm, float(PROBLEM.loss_and_gradient(search.best.theta)[1].norm()))


def test_the_smooth_fraction_ends_at_the_first_kink() -> None:
    layers = dense((1, 1, 1))
    problem = Problem(layers, torch.tensor([1.0]).double(), torch.tensor([0.0]).double(), 0.01)
    theta, step = torch.tensor([1.0, 0.0, 1.0, 0.0]).double(), torch.tensor([-20.0, 0.0, 0.0, 0.0]).double()
    crossing = problem.smooth_fraction(theta, step)
    assert crossing is not None
    assert 0.05 <= crossing < 0.05 * 10**0.25
    assert problem.smooth_fraction(theta, -step) is None
