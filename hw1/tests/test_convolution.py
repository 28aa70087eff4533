"""Our convolutions against torch's own, on any CPU: the same numbers to rounding, and the same bits each time."""

from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1.convolution import conv, conv_pool_relu

pytestmark = pytest.mark.kernels

Convolution = Callable[[Tensor, Tensor, Tensor], Tensor]

ROUNDING = {torch.float32: 4, torch.bfloat16: 2}
"""Largest error that is rounding, in the units of `rounding_errors`. Seen: 2.6 and 0.8, with AVX2 as with SSE."""


@settings(max_examples=15)
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


def by_products(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The convolution as one product of matrices: in float64 ten times as fast as torch's."""
    patches = F.unfold(x, weight.shape[2:])
    size = (x.shape[2] - weight.shape[2] + 1, x.shape[3] - weight.shape[3] + 1)
    return (weight.flatten(1) @ patches).unflatten(2, size) + bias[:, None, None]


def value_and_gradients(function: Convolution, inputs: Sequence[Tensor], direction: Tensor) -> list[Tensor]:
    leaves = [x.clone().requires_grad_() for x in inputs]
    value = function(*leaves)
    return [value.detach(), *torch.autograd.grad(value, leaves, direction)]


def rounding_errors(function: Convolution, inputs: Sequence[Tensor], direction: Tensor) -> list[float]:
    """Largest error of the value and of each gradient, in units of eps times the sum of the terms' magnitudes.

    Whatever the order of a sum, each of its additions errs by at most half such a unit, and kernels that add in blocks
    stay within a few in all; bfloat16's are added in float32 and rounded once or twice.
    """
    doubles, magnitudes = [x.double() for x in inputs], [x.double().abs() for x in inputs]
    exact = value_and_gradients(by_products, doubles, direction.double())
    scales = value_and_gradients(by_products, magnitudes, direction.double().abs())
    found = value_and_gradients(function, inputs, direction)
    eps = torch.finfo(direction.dtype).eps
    return [float(((x - y).abs() / (eps * scale)).max()) for x, y, scale in zip(found, exact, scales, strict=True)]


def drawn(n: int, dtype: torch.dtype) -> list[Tensor]:
    """Images, weights, biases, and a direction, of LeNet's second convolution."""
    rng = torch.Generator().manual_seed(n)
    return [
        torch.randn(shape, generator=rng).to(dtype) for shape in ((n, 6, 14, 14), (16, 6, 5, 5), (16,), (n, 16, 10, 10))
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("n", [1, 7, 16, 32, 64, 100, 500])
def test_gradients_in_the_faster_layout_are_as_exact_as_torchs_own(n: int, dtype: torch.dtype) -> None:
    *inputs, direction = drawn(n, dtype)
    assert max(rounding_errors(conv, inputs, direction)) < ROUNDING[dtype]
    assert max(rounding_errors(F.conv2d, inputs, direction)) < ROUNDING[dtype]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_gradient_that_lacks_one_image_is_beyond_rounding(dtype: torch.dtype) -> None:
    *inputs, direction = drawn(7, dtype)

    def forgetful(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return torch.cat([conv(x[:1], weight.detach(), bias.detach()), conv(x[1:], weight, bias)])

    _, _, of_weight, of_bias = rounding_errors(forgetful, inputs, direction)
    assert min(of_weight, of_bias) > ROUNDING[dtype]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_in_the_faster_layout_have_the_same_bits_each_time(dtype: torch.dtype) -> None:
    *inputs, direction = drawn(64, dtype)
    once, again = (value_and_gradients(conv, inputs, direction) for _ in range(2))
    assert all(map(torch.equal, once, again))


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
