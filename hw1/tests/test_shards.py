"""The CNN's batches in shards: the numbers of the whole batch to rounding, and the same bits on any number of cores."""

import pytest
import torch
from torch import Tensor

from hw1.architecture import N_SHARDS
from hw1.classifier import Group
from hw1.networks import ConvNetwork
from hw1.tests import made
from slurm import cores

pytestmark = pytest.mark.kernels

SPEC = made.convolutional(model="cnn", n_train=72, n_test=30, batch_size=32, epochs=1)


def drawn(n: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Images, labels and the order that a batch takes them in."""
    rng = torch.Generator().manual_seed(n)
    images = torch.randn((n + 3, 1, 32, 32), generator=rng, dtype=dtype)
    return images, torch.randint(0, 10, (1, n + 3), generator=rng), torch.randperm(n + 3, generator=rng)[None, :n]


@pytest.mark.parametrize("n", [1, 3, 7, 16])
def test_loss_gradient_and_right_answers_are_those_of_the_whole_batch(n: int) -> None:
    images, labels, batch = drawn(n, torch.float64)
    net = ConvNetwork(SPEC, device=torch.device("cpu"), dtype=torch.float64)
    coins = net.drawn(n)
    loss, right = net.learn(images, labels, batch, *coins)
    theta = net.theta.clone().requires_grad_()
    whole, all_right = net.net.loss(theta, images[batch[0]], labels[0, batch[0]], *coins)
    torch.testing.assert_close(loss[0], whole.detach())
    assert int(right) == int(all_right)
    torch.testing.assert_close(net.gradient, torch.autograd.grad(whole, theta)[0])
    measured, right = net.measure(images, labels)
    expected, all_right = net.net.loss(net.theta, images, labels[0])
    torch.testing.assert_close(measured[0], expected)
    assert int(right) == int(all_right)


def test_a_run_has_the_same_bits_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = []
    for n in (1, 2, 3, N_SHARDS, 9):
        monkeypatch.setattr(cores, "free", lambda n=n: n)
        group = Group([SPEC], device=torch.device("cpu"), dtype=torch.float32)
        for _ in group.iterate():
            pass
        ends.append((group.epochs.network.theta, group.epochs.curves))
    assert all(torch.equal(a, b) for end in ends[1:] for a, b in zip(ends[0], end, strict=True))
