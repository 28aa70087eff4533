"""Exact Hessians against autograd and against a spectrum known beforehand."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd.functional import hessian as autograd_hessian
from torch.func import functional_call

from hw1 import initial
from hw1.architecture import dense
from hw1.functions import evaluate, grid
from hw1.plain import flattened, initialised
from hw1.spectrum import hessian, minimal_ratio, spectrum
from hw1.tests.made import fit

pytestmark = pytest.mark.kernels

X, Y = torch.tensor(grid()), torch.tensor(evaluate("sinc", grid()))


def oracle(hidden: tuple[int, ...], *, output_bias: bool, seed: int) -> Tensor:
    """The Hessian by torch's double backward, in the order of `nn.Module.parameters`."""
    net = initialised(fit(hidden=hidden, output_bias=output_bias), seed=seed)
    names, sizes = [n for n, _ in net.named_parameters()], [p.numel() for p in net.parameters()]
    shapes = [p.shape for p in net.parameters()]

    def loss(theta: Tensor) -> Tensor:
        parts = {n: v.view(s) for n, v, s in zip(names, theta.split(sizes), shapes, strict=True)}
        return (functional_call(net, parts, (X[:, None],))[:, 0] - Y).square().mean()

    found: Tensor = autograd_hessian(loss, flattened(net))
    return found


@settings(max_examples=12)
@given(hidden=st.lists(st.integers(1, 6), max_size=4).map(tuple), output_bias=st.booleans(), seed=st.integers(0, 1000))
def test_the_closed_form_has_autograds_spectrum(hidden: tuple[int, ...], output_bias: bool, seed: int) -> None:
    output_bias = output_bias or not hidden
    layers = dense((1, *hidden, 1), output_bias=output_bias)
    theta = initial.augmented(layers, seed=seed).double()
    mine = hessian(layers, theta, X, Y, negative_slope=0.01)
    expected = oracle(hidden, output_bias=output_bias, seed=seed)
    scale = expected.abs().max()
    torch.testing.assert_close(mine, mine.T, rtol=0, atol=1e-14 * float(scale))
    torch.testing.assert_close(
        torch.linalg.eigvalsh(mine), torch.linalg.eigvalsh(expected), rtol=0, atol=1e-13 * float(scale) * len(theta)
    )
    assert (mine.diagonal().sort().values - expected.diagonal().sort().values).abs().max() < 1e-12 * scale


def test_a_network_without_hidden_layers_has_the_spectrum_of_its_quadratic() -> None:
    layers = dense((1, 1))
    design = torch.stack([X, torch.ones_like(X)], 1)
    known = torch.linalg.svdvals(design).square().flip(0) * 2 / len(X)
    found = spectrum(layers, torch.tensor([0.3, -0.2]), X, Y, negative_slope=0.01)
    torch.testing.assert_close(found, known, rtol=1e-12, atol=0)
    assert minimal_ratio(found) == 1.0


def test_eigenvalues_come_ascending_and_in_double_whatever_the_weights_are() -> None:
    layers = dense((1, 5, 4, 1))
    found = spectrum(layers, initial.augmented(layers, seed=3), X.float(), Y.float(), negative_slope=0.01)
    assert found.dtype == torch.float64
    assert torch.equal(found, found.sort().values)


def test_the_minimal_ratio_counts_strictly_positive_eigenvalues() -> None:
    assert minimal_ratio(torch.tensor([-2.0, -0.0, 0.0, 1e-300], dtype=torch.float64)) == 0.25
