"""Largest losses in boxes where they are known, and what rescaling does to them."""

import pytest
import torch
from torch import Tensor

from hw1.convnet import ConvNet
from hw1.plain import flattened, initialised
from hw1.sharpness import Box, Rise, half_widths, rescaled, rise
from hw1.tests import made

pytestmark = pytest.mark.kernels

_SPEC = made.convolutional()
_LAYERS = _SPEC.layers
_LENET = ConvNet("lenet", _LAYERS)
_IMAGES = torch.randn((20, 1, 32, 32), generator=torch.Generator().manual_seed(4))
_LABELS = torch.arange(20) % 10


def _theta(dtype: torch.dtype = torch.float32) -> Tensor:
    return flattened(initialised(_SPEC, seed=5, dtype=dtype))


def _loss_gradient(theta: Tensor) -> tuple[float, Tensor]:
    point = theta.detach().requires_grad_()
    loss, _ = _LENET.loss(point, _IMAGES.to(theta), _LABELS)
    return loss.item(), torch.autograd.grad(loss, point)[0]


def _rise(theta: Tensor, box: Box, *, epsilon: float = 2e-3, steps: int = 5) -> Rise:
    return rise(_loss_gradient, theta, half_widths(theta, box), epsilon=epsilon, steps=steps)


@pytest.mark.parametrize(("box", "expected"), [("keskar", 0.1 * (3 * 1.5 + 2 * 3 + 1)), ("adaptive", 0.1 * (1.5 + 4))])
def test_of_a_linear_loss_the_box_s_corner_is_found(box: Box, expected: float) -> None:
    theta, slope = torch.tensor([0.5, -2.0, 0.0]).double(), torch.tensor([3.0, -2.0, 1.0]).double()
    found = rise(lambda t: ((slope @ t).item(), slope), theta, half_widths(theta, box), epsilon=0.1, steps=4)
    assert found.loss == (slope @ theta).item()
    assert found.largest - found.loss == pytest.approx(expected, rel=1e-12)


def test_of_a_curved_loss_most_of_what_an_exhaustive_search_finds_is_found() -> None:
    theta, curvature = torch.tensor([0.3, -0.7, 1.1]).double(), torch.tensor([1.0, 5.0, 0.2]).double()

    def losses(points: Tensor) -> Tensor:
        return (curvature * (points - theta) ** 2).sum(-1) + 0.3 * torch.sin(4 * points).prod(-1)

    def loss_gradient(t: Tensor) -> tuple[float, Tensor]:
        t = t.clone().requires_grad_()
        loss = losses(t)
        return loss.item(), torch.autograd.grad(loss, t)[0]

    widths = half_widths(theta, "keskar")
    sides = torch.linspace(-0.1, 0.1, 21).double()
    best = losses(theta + torch.cartesian_prod(sides, sides, sides) * widths).max().item()
    found = rise(loss_gradient, theta, widths, epsilon=0.1, steps=10)
    assert 0.9 < (found.largest - found.loss) / (best - found.loss) <= 1 + 1e-12


@pytest.mark.parametrize("box", ["keskar", "adaptive"])
def test_an_ascent_stays_in_the_box_and_ends_above_random_places_in_it(box: Box) -> None:
    theta, visited = _theta(), []
    widths = half_widths(theta, box)

    def noted(at: Tensor) -> tuple[float, Tensor]:
        visited.append(at)
        return _loss_gradient(at)

    found = rise(noted, theta, widths, epsilon=2e-3, steps=5)
    assert len(visited) == 6
    assert all(((at - theta).abs() <= 2e-3 * widths * (1 + 1e-3) + 1e-7).all() for at in visited)
    rng = torch.Generator().manual_seed(6)
    for _ in range(20):
        u = 2e-3 * (2 * torch.randint(2, theta.shape, generator=rng) - 1)
        assert _loss_gradient(theta + u * widths)[0] < found.largest


def test_a_larger_box_has_a_larger_rise_and_no_step_has_none() -> None:
    rises = [_rise(_theta(), "keskar", epsilon=epsilon).sharpness for epsilon in (1e-4, 1e-3, 1e-2)]
    assert 0 < rises[0] < rises[1] < rises[2]
    assert _rise(_theta(), "keskar", steps=0).sharpness == 0


def test_a_loss_that_is_no_number_is_not_the_largest() -> None:
    losses = iter([1.0, 3.0, float("nan"), 2.0])
    found = rise(lambda t: (next(losses), t), torch.ones(2), torch.ones(2), epsilon=0.1, steps=3)
    assert found == Rise(loss=1.0, largest=3.0)


@pytest.mark.parametrize("factor", [0.2, 5.0, 16.0])
def test_rescaled_weights_are_the_same_function(factor: float) -> None:
    theta = _theta(torch.float64)
    other = rescaled(_LAYERS, theta, factor)
    torch.testing.assert_close(_LENET.logits(other, _IMAGES.double()), _LENET.logits(theta, _IMAGES.double()))
    moved = (other != theta).double().split([n for layer in _LAYERS for n in (layer.n_weights, layer.n_out)])
    assert [part.mean().item() for part in moved] == [0, 0, 0, 0, 1, 1, 1, 0, 0, 0]


def test_rescaling_by_a_power_of_two_changes_no_bit_of_the_function() -> None:
    theta = _theta()
    assert torch.equal(_LENET.logits(rescaled(_LAYERS, theta, 4.0), _IMAGES), _LENET.logits(theta, _IMAGES))


def test_rescaling_moves_keskar_s_sharpness_and_leaves_the_adaptive_one_to_the_last_bit() -> None:
    theta = _theta()
    other = rescaled(_LAYERS, theta, 16.0)
    assert _rise(other, "keskar").sharpness > 1.5 * _rise(theta, "keskar").sharpness
    assert _rise(other, "adaptive") == _rise(theta, "adaptive")


def test_rescaling_by_any_other_factor_leaves_the_adaptive_sharpness_to_rounding() -> None:
    theta = _theta(torch.float64)
    found = _rise(rescaled(_LAYERS, theta, 5.0), "adaptive").sharpness
    assert found == pytest.approx(_rise(theta, "adaptive").sharpness, rel=1e-9)
