"""Students of ReLU teachers: closed forms against slow oracles, and the same bits in any company."""

import itertools
import math
import random

import numpy as np
import pytest
import torch
from torch import Tensor

from hw1.projects.spurious_minima import descent
from hw1.projects.spurious_minima.claims import distance, pattern
from hw1.projects.spurious_minima.network import Students, hessian
from hw1.projects.spurious_minima.spec import Student
from hw1.tests import made
from jobs import State

SHAPES = [(5, 4), (15, 15)]
"""From 15 neurons on a CPU has another matrix kernel for a stack of one."""


def spec(seed: int, n: int, k: int) -> Student:
    """A run that ends by its cap or, of few neurons, at a gradient that is not yet small."""
    return Student(seed=seed, n=n, k=k, gradient_norm_below=3e-3, max_steps=300, spurious_from=0.0, keeps_weights=True)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """As the study's workers train."""
    torch.set_num_threads(1)


def trained(specs: list[Student]) -> State:
    return list(descent.train(specs))[-1]


def weights(n: int, k: int, *, seed: int = 0) -> Tensor:
    return torch.randn(n, k, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def plain_loss(w: Tensor) -> Tensor:
    """The formula pair by pair; the kernel of a neuron with itself is half its square."""
    teachers = torch.eye(w.shape[1], dtype=w.dtype)
    signed = [(v, 1) for v in w] + [(v, -1) for v in teachers]
    total = torch.zeros((), dtype=w.dtype)
    for (one, a), (other, b) in itertools.product(signed, signed):
        if one is other:
            total = total + (one @ one) / 2
        else:
            both = one.norm() * other.norm()
            angle = torch.acos(one @ other / both)
            total = total + a * b * both * (torch.sin(angle) + (math.pi - angle) * torch.cos(angle)) / (2 * math.pi)
    return total / 2


def test_the_loss_is_what_random_inputs_give() -> None:
    w = weights(4, 3)
    x = torch.randn(500_000, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    error = (x @ w.T).relu().sum(1) - x.relu().sum(1)
    drawn = error.square() / 2
    spread = float(drawn.std()) / len(x) ** 0.5
    assert abs(float(Students(w[None]).losses()[0] - drawn.mean())) < 4 * spread
    assert spread < 0.01 * float(drawn.mean())


@pytest.mark.parametrize(("n", "k"), [(3, 3), (4, 3)])
def test_loss_gradient_and_hessian_are_those_of_autograd(n: int, k: int) -> None:
    w = weights(n, k).requires_grad_()
    loss = plain_loss(w)
    (slope,) = torch.autograd.grad(loss, w)
    curvature = torch.autograd.functional.hessian(plain_loss, w.detach()).reshape(n * k, n * k)
    students = Students(w.detach()[None])
    torch.testing.assert_close(students.losses()[0], loss.detach(), rtol=0, atol=1e-14)
    torch.testing.assert_close(students.gradient()[0], slope, rtol=0, atol=1e-14)
    torch.testing.assert_close(hessian(w.detach()), curvature, rtol=0, atol=1e-13)


@pytest.mark.kernels
@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_a_run_has_the_same_bits_alone_and_in_packs_of_any_size_and_order(
    n: int, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descent, "LANES", 10)
    specs = [spec(seed, n, k) for seed in range(16)]
    large = list(specs)
    random.Random(n).shuffle(large)
    together = trained(large)
    assert not made.differences(trained(specs[:3]), together)
    for one in (specs[0], specs[13]):
        assert not made.differences(trained([one]), together)


@pytest.mark.kernels
def test_a_pack_cut_anywhere_and_continued_has_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent, "LANES", 3)
    monkeypatch.setattr(descent, "LOOKS_PER_STATE", 2)
    monkeypatch.setattr(descent, "HESSIANS_PER_STATE", 2)
    specs = [spec(seed, 4, 4).replace(max_steps=450) for seed in range(8)]
    *cuttable, whole = descent.train(specs)
    assert len({state.step for state in cuttable}) > 2
    assert set((whole.tables or {})["runs"]["end"]) == {"minimum", "cap"}
    for at in range(1, len(cuttable), 2):
        state = made.saved_and_loaded(list(itertools.islice(descent.train(specs), at))[-1])
        assert not made.differences(whole, list(descent.train(specs, state=state))[-1])


def test_a_run_ends_at_a_minimum_is_solved_or_is_cut_and_says_so() -> None:
    ends = {}
    for name, more in (("minimum", {}), ("solved", {"loss_below": 1e-6}), ("cap", {"max_steps": 100})):
        run = Student(seed=1, n=6, k=6, **more)
        row = {key: values[0] for key, values in (trained([run]).tables or {})["runs"].items()}
        assert row["end"] == name
        ends[name] = row
    assert ends["minimum"]["gradient_norm"] < 1e-9
    assert ends["minimum"]["least_eigenvalue"] > 0.05
    assert ends["solved"]["gradient_norm"] > 1e-9
    assert ends["solved"]["loss"] < 1e-6 < ends["cap"]["loss"]
    assert ends["cap"]["n_steps"] == 100


def test_the_published_minimum_is_told_in_any_order_of_neurons_and_inputs_and_no_other_is() -> None:
    rng = np.random.default_rng(0)
    shuffled = pattern()[rng.permutation(7)][:, rng.permutation(7)]
    assert distance(shuffled.flatten()) == 0
    assert distance(shuffled.flatten() + 1e-9) == pytest.approx(1e-9)
    assert distance(pattern().T.flatten()) > 0.05
    assert distance(np.eye(7).flatten()) > 0.1
