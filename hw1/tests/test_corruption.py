"""Labels corrupted in part, and runs that end once they fit them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hw1.data import corrupted_labels, images, random_labels
from hw1.tests import made
from hw1.tests.test_classifier import plain_loop

pytestmark = pytest.mark.kernels

_TRUE = torch.arange(20_000) % 10


@given(seed=st.integers(0, 10**6), smaller=st.floats(0, 1), larger=st.floats(0, 1))
def test_what_is_corrupted_at_a_smaller_fraction_is_so_at_a_larger_one(
    seed: int, smaller: float, larger: float
) -> None:
    smaller, larger = sorted((smaller, larger))
    few, many = (corrupted_labels(_TRUE[:500], fraction=fraction, seed=seed) for fraction in (smaller, larger))
    changed = few != _TRUE[:500]
    assert torch.equal(few[changed], many[changed])


def test_none_and_all_corrupted_are_the_true_and_the_random_labels() -> None:
    assert torch.equal(corrupted_labels(_TRUE, fraction=0.0, seed=3), _TRUE)
    assert torch.equal(corrupted_labels(_TRUE, fraction=1.0, seed=3), random_labels(len(_TRUE), seed=3))


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.75, 1.0])
def test_a_corrupted_label_is_any_class_with_equal_odds_the_true_one_too(fraction: float) -> None:
    found = corrupted_labels(_TRUE, fraction=fraction, seed=1)
    counts = np.bincount((found - _TRUE) % 10, minlength=10) / len(_TRUE)
    expected = np.full(10, fraction / 10) + np.eye(10)[0] * (1 - fraction)
    np.testing.assert_allclose(counts, expected, atol=5 * np.sqrt(0.25 / len(_TRUE)))


def test_only_training_labels_are_corrupted_and_seeds_differ() -> None:
    clean, corrupt, other = (
        images(spec, device=made.CPU)
        for spec in (made.corrupted(fraction=0.0), made.corrupted(), made.corrupted(seed=1))
    )
    assert not torch.equal(clean.train_labels, corrupt.train_labels)
    assert not torch.equal(other.train_labels, corrupt.train_labels)
    assert torch.equal(clean.test_labels, corrupt.test_labels)
    assert torch.equal(clean.train, corrupt.train)


def test_a_run_has_the_numbers_of_a_plain_loop_and_ends_at_the_first_epoch_that_fits() -> None:
    spec = made.corrupted()
    run = made.by_run(made.trained([spec], dtype=torch.float64).tables)[spec.run_id]
    expected = np.array(plain_loop(spec))
    n_epochs = int(np.argmax(expected[:, 1] >= spec.accuracy_at_least)) + 1
    assert 1 < n_epochs < spec.epochs
    assert (run["runs.n_steps"], run["runs.converged"]) == (n_epochs, True)
    for column, name in enumerate(("train_loss", "train_accuracy", "test_loss", "test_accuracy")):
        np.testing.assert_allclose(run[f"curves.{name}"], expected[:n_epochs, column], rtol=1e-7, err_msg=name)
        assert run[f"runs.{name}"] == run[f"curves.{name}"][-1]


def test_a_run_that_does_not_fit_ends_with_its_epochs_and_says_so() -> None:
    spec = made.corrupted(epochs=2, accuracy_at_least=0.999)
    run = made.by_run(made.trained([spec]).tables)[spec.run_id]
    assert (run["runs.n_steps"], run["runs.converged"]) == (2, False)
    assert run["curves.step"].tolist() == [1, 2]


def test_runs_of_one_pack_end_each_at_its_own_epoch() -> None:
    for small in ({}, {"model": "mlp", "frame": "original", "hidden": (20,), "epochs": 80}):
        specs = [made.corrupted(fraction=fraction, **small) for fraction in (0.0, 1.0)]
        together = made.trained(specs)
        runs = made.by_run(together.tables)
        clean, random = (int(runs[spec.run_id]["runs.n_steps"][0]) for spec in specs)
        assert clean < random
        for spec in specs:
            assert not made.differences(made.trained([spec]), together)


def test_true_labels_give_the_numbers_of_a_classifier() -> None:
    spec = made.corrupted(fraction=0.0, epochs=2, accuracy_at_least=1.0)
    plain = made.convolutional(
        **{name: getattr(spec, name) for name in ("optimizer", "learning_rate", "momentum", "batch_size", "n_train")},
        n_test=spec.n_test,
        epochs=2,
    )
    mine, theirs = (made.by_run(made.trained([s]).tables)[s.run_id] for s in (spec, plain))
    np.testing.assert_array_equal(mine["curves.test_loss"], theirs["curves.test_loss"])
