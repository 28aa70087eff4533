"""Our convolutions against torch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1.convolution import conv, conv_pool_relu


@settings(max_examples=15, deadline=None)
@given(
    n=st.integers(1, 4), n_in=st.integers(1, 3), n_out=st.integers(1, 7), seed=st.integers(0, 99), flat=st.booleans()
)
def test_values_and_gradients_are_those_of_convolution_pooling_and_relu(
    n: int, n_in: int, n_out: int, seed: int, flat: bool
) -> None:
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(n, n_in, 12, 12, generator=rng, dtype=torch.float64)
    if flat:  # equal pixels make the four positions of a window equal: the gradient must go to one of them only
        x[..., 4:, :] = 0.25
    x.requires_grad_()
    weight = torch.randn(n_out, n_in, 5, 5, generator=rng, dtype=torch.float64).requires_grad_()
    bias = torch.randn(n_out, generator=rng, dtype=torch.float64).requires_grad_()
    mine = conv_pool_relu(x, weight, bias)
    expected = F.relu(F.max_pool2d(F.conv2d(x, weight, bias), 2))
    torch.testing.assert_close(mine, expected, rtol=1e-12, atol=1e-12)
    direction = torch.randn(expected.shape, generator=rng, dtype=torch.float64)
    ours = torch.autograd.grad(mine, [weight, bias], direction)
    theirs = torch.autograd.grad(expected, [weight, bias], direction)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("n", [1, 7, 16, 32, 64, 100, 500])
def test_gradients_in_the_faster_layout_have_the_bits_of_torchs_own(n: int, dtype: torch.dtype) -> None:
    rng = torch.Generator().manual_seed(n)
    shapes = ((n, 6, 14, 14), (16, 6, 5, 5), (16,), (n, 16, 10, 10))
    *inputs, direction = (torch.randn(shape, generator=rng).to(dtype) for shape in shapes)
    found = []
    for function in (conv, F.conv2d):
        leaves = [x.clone().requires_grad_() for x in inputs]
        found.append([function(*leaves), *torch.autograd.grad(function(*leaves), leaves, direction)])
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(*found, strict=True))


@pytest.mark.parametrize("wanted", [[0], [1], [2], [0, 2], [0, 1, 2]])
def test_gradients_of_some_of_the_arguments_are_those_of_torchs_own(wanted: list[int]) -> None:
    rng = torch.Generator().manual_seed(0)
    inputs = [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in ((3, 6, 8, 9), (4, 6, 5, 5), (4,))]
    for k in wanted:
        inputs[k].requires_grad_()
    leaves = [inputs[k] for k in wanted]
    mine, theirs = (torch.autograd.grad(function(*inputs).square().sum(), leaves) for function in (conv, F.conv2d))
    for a, b in zip(mine, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
