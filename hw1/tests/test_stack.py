"""Stacked networks against torch's own layers and autograd."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hw1 import initial
from hw1.architecture import dense
from hw1.plain import initialised
from hw1.stack import Pass, Stack, with_ones
from hw1.tests.made import fit

pytestmark = pytest.mark.kernels

shapes = st.lists(st.integers(1, 9), min_size=0, max_size=4).map(tuple)


@settings(max_examples=25)
@given(hidden=shapes, n_runs=st.integers(1, 5), output_bias=st.booleans(), slope=st.sampled_from([0.0, 0.01, 0.3]))
def test_the_written_out_gradient_is_autograds(
    hidden: tuple[int, ...], n_runs: int, output_bias: bool, slope: float
) -> None:
    output_bias = output_bias or not hidden
    spec = fit(hidden=hidden, output_bias=output_bias, negative_slope=slope)
    layers = dense((1, *hidden, 1), output_bias=output_bias)
    x = torch.linspace(-1.5, 1.5, 40, dtype=torch.float64)
    rows = torch.stack([initial.augmented(layers, seed=k) for k in range(n_runs)]).double()
    stack = Stack(layers, rows)
    pass_ = Pass(stack, n_points=40, negative_slope=slope)
    output = pass_.forward(with_ones(x.expand(1, 1, -1))).clone()
    pass_.backward(2 * output)
    for k in range(n_runs):
        net = initialised(spec, seed=k)
        expected = net(x[:, None])
        torch.testing.assert_close(output[k, 0], expected[:, 0].detach(), rtol=1e-12, atol=1e-14)
        expected.square().sum().backward()
        gradient = torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])
        mine = stack.rows(stack.gradient)[k]
        torch.testing.assert_close(mine.sort().values, gradient.sort().values, rtol=1e-10, atol=1e-13)
        torch.testing.assert_close(stack.gradient_norms()[k], gradient.norm(), rtol=1e-12, atol=1e-14)


@given(n_runs=st.integers(1, 6))
def test_rows_written_into_a_stack_are_read_back(n_runs: int) -> None:
    layers = dense((1, 3, 2))
    rows = torch.stack([initial.augmented(layers, seed=k) for k in range(n_runs)])
    stack = Stack(layers, rows)
    assert torch.equal(stack.rows(stack.theta), rows)
    stack.fill(stack.theta, -rows)
    assert torch.equal(stack.rows(stack.theta), -rows)


def test_a_lone_shared_run_is_doubled_and_a_lone_private_one_is_not() -> None:
    layers = dense((1, 3, 1))
    row = initial.augmented(layers, seed=0)[None]
    assert Stack(layers, row).n_stacked == 2
    assert Stack(layers, row, shared=False).n_stacked == 1
