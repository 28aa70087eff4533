"""Layer shapes and the counts that follow."""

import pytest
import torch

from hw1 import initial
from hw1.architecture import dense
from hw1.plain import module
from hw1.tests import made
from jobs import Spec


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        (made.fit(hidden=(5, 10, 10, 10, 10, 10, 5)), 571),
        (made.fit(hidden=(10, 17, 15, 4)), 546),
        (made.fit(hidden=(182,), output_bias=False), 546),
        (made.fit(hidden=(189,)), 568),
        (made.fit(hidden=(4, 9, 12, 10, 10, 10, 4)), 572),
        (made.convolutional(model="lenet"), 61_706),
        (made.convolutional(model="cnn"), 342_698),
        (made.classifier(hidden=(10, 20)), 8_280),
        (made.classifier(hidden=(350,)), 278_260),
        (made.classifier(hidden=(5, 9)), 4_079),
        (made.interpolation(), 61_706),
    ],
)
def test_parameters_are_those_of_the_settings_and_of_torchs_own_modules(spec: Spec, count: int) -> None:
    assert spec.n_params == count
    assert sum(p.numel() for p in module(spec).parameters()) == count


def test_multiplications_are_those_that_torch_counts() -> None:
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415 - heavy

    for model in ("lenet", "cnn"):
        spec = made.convolutional(model=model)
        with FlopCounterMode(display=False) as counter:
            module(spec).eval()(torch.zeros(1, 1, 32, 32))
        assert counter.get_total_flops() == 2 * spec.n_multiplications


def test_an_output_without_bias_has_one_parameter_less_a_unit() -> None:
    assert [layer.bias for layer in dense((1, 3, 2), output_bias=False)] == [True, False]


@pytest.mark.parametrize("spec", [made.fit(), made.convolutional()])
def test_initial_weights_are_within_the_bound_of_torchs_default(spec: Spec) -> None:
    rng = torch.Generator().manual_seed(0)
    for layer in spec.layers:
        weight, bias = initial.weights(layer, rng)
        bound = layer.fan_in**-0.5
        assert weight.abs().max() <= bound
        assert bias.abs().max() <= bound
        assert weight.numel() < 100 or weight.abs().max() > 0.9 * bound
