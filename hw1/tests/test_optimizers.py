"""Flat optimisers against torch's own."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from hw1.optimizers import SGD, Adam, FlatOptimizer, RMSprop

pytestmark = pytest.mark.kernels

MAKERS: dict[str, tuple[Callable[[Tensor], FlatOptimizer], Callable[[list[Tensor]], torch.optim.Optimizer]]] = {
    "sgd": (
        lambda t: SGD(t, learning_rate=0.02, weight_decay=1e-3, momentum=0.5, nesterov=False),
        lambda ps: torch.optim.SGD(ps, lr=0.02, weight_decay=1e-3, momentum=0.5),
    ),
    "nesterov": (
        lambda t: SGD(t, learning_rate=0.02, weight_decay=0.0, momentum=0.9, nesterov=True),
        lambda ps: torch.optim.SGD(ps, lr=0.02, momentum=0.9, nesterov=True),
    ),
    "adam": (
        lambda t: Adam(t, learning_rate=1e-3, weight_decay=1e-4),
        lambda ps: torch.optim.Adam(ps, lr=1e-3, weight_decay=1e-4),
    ),
    "rmsprop": (
        lambda t: RMSprop(t, learning_rate=1e-3, weight_decay=1e-4),
        lambda ps: torch.optim.RMSprop(ps, lr=1e-3, weight_decay=1e-4),
    ),
}


def stepped(optimizer: FlatOptimizer, n: int, *, first: int = 0) -> None:
    for k in range(first, first + n):
        optimizer.step(torch.sin(optimizer.theta * (k + 1)))


@pytest.mark.parametrize("name", MAKERS)
def test_fifty_steps_are_torchs_to_rounding(name: str) -> None:
    ours, theirs = MAKERS[name]
    theta = torch.linspace(-1, 1, 101, dtype=torch.float64)
    parameter = theta.clone().requires_grad_()
    reference = theirs([parameter])
    for k in range(50):
        parameter.grad = torch.sin(parameter.detach() * (k + 1))
        reference.step()
    stepped(ours(theta), 50)
    torch.testing.assert_close(theta, parameter.detach(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", MAKERS)
def test_a_restored_optimiser_steps_on_to_the_same_bits_and_a_fresh_one_does_not(name: str) -> None:
    make = MAKERS[name][0]
    whole, cut = torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 64)
    stepped(make(whole), 20)
    first = make(cut)
    stepped(first, 9)
    forgetful = cut.clone()
    second = make(cut)
    second.restore(first.state())
    stepped(second, 11, first=9)
    stepped(make(forgetful), 11, first=9)
    assert torch.equal(cut, whole)
    assert not torch.equal(forgetful, whole)
