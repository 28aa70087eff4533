"""Packed, alone, in another order, cut and continued: the same numbers to the last bit."""

import random
from collections.abc import Callable

import pytest
import torch

from hw1 import classifier, critical_point, empty, epochs, function_fit, sensitivity
from hw1.optimizers import FlatOptimizer
from hw1.tests import made
from hw1.train import train
from jobs import Spec

pytestmark = pytest.mark.kernels

DEEP, MEDIUM, SHALLOW = (5, 10, 10, 10, 10, 10, 5), (10, 17, 15, 4), (182,)
RATIO = {"hidden": (4, 9, 12, 10, 10, 10, 4), "measures": "spectrum", "gradient_norm_below": 0.05, "weight_decay": 1e-5}

FEW = {"n_train": 12, "n_test": 4, "batch_size": 8}

FUSED: dict[str, Callable[[int], Spec]] = {
    "simulate, deep": lambda k: made.fit(seed=k // 2, function=("sinc", "sign_sinc")[k % 2], hidden=DEEP),
    "simulate, medium": lambda k: made.fit(
        seed=k, hidden=MEDIUM, optimizer="rmsprop", loss_below=0.05, change_below=1e-3
    ),
    "simulate, shallow": lambda k: made.fit(seed=k, hidden=SHALLOW, output_bias=False, optimizer="rmsprop"),
    "gradient_norm": lambda k: made.fit(seed=k, hidden=DEEP, measures="gradient_norm"),
    "minimal_ratio": lambda k: made.fit(seed=k, **RATIO),
    "trajectory": lambda k: made.classifier(seed=k),
    "critical_points": lambda k: made.critical_point(seed=k, max_iterations=20, max_newton_steps=3),
    "surface": lambda k: made.surface(seed=k),
    "empty": lambda k: made.empty(seed=k),
}
OTHERS: dict[str, Callable[[int], Spec]] = {
    "parameters": lambda k: made.classifier(seed=k, hidden=(60,), batch_size=50, snapshots=False),
    "lenet": lambda k: made.convolutional(seed=k, epochs=2),
    "cnn": lambda k: made.convolutional(seed=k, model="cnn", epochs=2, n_train=40, n_test=16, batch_size=16),
    # Few images: a CPU without bfloat16 of its own takes a hundred times as long for them.
    "lenet in bfloat16": lambda k: made.convolutional(seed=k, epochs=2, precision="bfloat16", **FEW),
    "cnn in bfloat16": lambda k: made.convolutional(seed=k, model="cnn", epochs=2, precision="bfloat16", **FEW),
    "random_labels": lambda k: made.convolutional(seed=k, epochs=2, labels="random", n_train=128),
    "interpolation": lambda k: made.interpolation(seed=k, n_train=128, n_alphas=3),
    "interpolation in bfloat16": lambda k: made.interpolation(
        seed=k, n_train=24, n_test=4, batch_size_1=8, batch_size_2=12, n_alphas=3, precision="bfloat16"
    ),
    "sensitivity": lambda k: made.sensitivity(seed=k),
    "surface, not fused": lambda k: made.surface(seed=k, hidden=(60,), epochs=2),
    "corruption": lambda k: made.corrupted(fraction=(0.25, 1.0)[k], accuracy_at_least=0.3),
    "barriers": lambda k: made.barrier(
        shared_epochs=(2, 1)[k], from_initialisation=(True, False)[k], n_train=128, n_alphas=3
    ),
}
EVERY = {**FUSED, **OTHERS}


@pytest.mark.parametrize("name", FUSED)
def test_a_run_has_the_same_bits_alone_in_a_pack_of_3_and_in_one_of_40_in_another_order(name: str) -> None:
    specs = [FUSED[name](k) for k in range(40)]
    large = list(specs)
    random.Random(name).shuffle(large)
    together = made.trained(large)
    assert not made.differences(made.trained(specs[:3]), together)
    for spec in (specs[0], specs[17]):
        assert not made.differences(made.trained([spec]), together)


@pytest.mark.parametrize("name", OTHERS)
def test_runs_that_are_not_fused_have_the_same_bits_in_any_pack(name: str) -> None:
    specs = [OTHERS[name](k) for k in range(2)]
    together = made.trained(specs[::-1])
    for spec in specs:
        assert not made.differences(made.trained([spec]), together)


@pytest.mark.parametrize("name", EVERY)
def test_a_pack_cut_at_random_and_continued_has_the_same_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    often(monkeypatch)
    specs = [EVERY[name](k) for k in range(3 if name in FUSED else 1)]
    *cuttable, whole = train(specs, device=made.CPU)
    assert len(cuttable) >= 3
    rng = random.Random(name)
    for _ in range(2):
        cuts = [rng.randint(1, 4) for _ in range(4)]
        assert not made.differences(whole, made.trained_in_pieces(specs, cuts)), cuts


@pytest.mark.parametrize("name", ["simulate, medium", "gradient_norm", "trajectory", "lenet", "random_labels"])
def test_dropping_the_optimisers_state_at_a_cut_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    often(monkeypatch)
    specs = [EVERY[name](k) for k in range(2)]
    whole = made.trained(specs)
    monkeypatch.setattr(FlatOptimizer, "restore", lambda *_: None)
    monkeypatch.setattr(function_fit.Fit, "_resume_optimizer", lambda *_: None)
    assert made.differences(whole, made.trained_in_pieces(specs, [2, 2]))


@pytest.mark.parametrize("name", ["simulate, deep", "minimal_ratio", "trajectory", "lenet"])
def test_a_generator_shared_by_the_runs_of_a_pack_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = [EVERY[name](k) for k in range(3)]
    alone = [made.trained([spec]) for spec in specs]
    shared = torch.Generator().manual_seed(0)
    for module in ("hw1.initial", "hw1.classifier", "hw1.networks"):
        monkeypatch.setattr(f"{module}.generator", lambda *_: shared)
    together = made.trained(specs)
    assert any(made.differences(one, together) for one in alone)


def test_a_cut_loses_no_draw_of_dropout() -> None:
    spec = made.convolutional(model="cnn", epochs=1, n_train=32, n_test=16, batch_size=16)
    whole = made.trained([spec])
    torch.manual_seed(5)  # the run draws from generators of its own
    assert not made.differences(whole, made.trained([spec]))


def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let trainers pause every few steps, so that there are many places to cut."""
    monkeypatch.setattr(function_fit, "ITERATIONS_PER_STATE", 7)
    monkeypatch.setattr(function_fit, "HESSIANS_PER_STATE", 1)
    monkeypatch.setattr(empty, "RUNS_PER_STATE", 1)
    monkeypatch.setattr(critical_point, "STEPS_PER_STATE", 1)
    monkeypatch.setattr(epochs, "PIECES_PER_PAUSE", 2)
    monkeypatch.setattr(sensitivity, "JACOBIAN_CHUNK", 10)
    monkeypatch.setattr(sensitivity, "CHUNKS_PER_PAUSE", 1)
    assert classifier.Epochs is epochs.Epochs
