"""Ends and lines."""

import numpy as np
import pytest
import torch

from hw1.interpolation import alphas
from hw1.lines import interpolated
from hw1.tests import made

pytestmark = pytest.mark.kernels


def test_the_line_at_0_and_1_is_the_ends() -> None:
    spec = made.interpolation(batch_size_2=32, learning_rate_2=1e-3)
    run = made.by_run(made.trained([spec]).tables)[spec.run_id]
    assert run["paths.alpha"].tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    last = {end: np.flatnonzero(run["curves.end"] == end)[-1] for end in (1, 2)}
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        assert run[f"paths.{name}"][2] == pytest.approx(run[f"curves.{name}"][last[1]], rel=1e-12)
        assert run[f"paths.{name}"][3] == pytest.approx(run[f"curves.{name}"][last[2]], rel=1e-12)
    assert run["paths.test_loss"][2] != run["paths.test_loss"][3]


def test_fifty_alphas_run_from_minus_two_to_two() -> None:
    found = alphas(made.interpolation(n_alphas=50))
    assert len(found) == 50
    assert (found[0], found[-1]) == (-2.0, 2.0)


def test_interpolating_is_exact_at_the_ends() -> None:
    first, second = torch.randn(100), torch.randn(100)
    assert torch.equal(interpolated(first, second, 0.0), first)
    assert torch.equal(interpolated(first, second, 1.0), second)


def test_pairs_that_share_an_end_train_it_once_and_to_the_same_bits() -> None:
    first = made.interpolation()
    second = made.interpolation(batch_size_2=32, learning_rate_2=1e-3)
    together = made.trained([first, second])
    assert not made.differences(made.trained([first]), together)
    assert not made.differences(made.trained([second]), together)
