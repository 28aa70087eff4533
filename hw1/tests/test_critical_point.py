"""Runs that go on from Adam to a zero of the gradient."""

import dataclasses

import numpy as np
import pytest
import torch

from hw1 import critical_point
from hw1.functions import evaluate, grid
from hw1.plain import initialised, module, optimiser
from hw1.specs import CriticalPoint, FunctionFit
from hw1.tests import made
from hw1.train import train

pytestmark = pytest.mark.kernels


def _fit_of(spec: CriticalPoint) -> FunctionFit:
    shared = {field.name for field in dataclasses.fields(FunctionFit)}
    return FunctionFit(**{name: value for name, value in spec.fields().items() if name in shared})


def _points(spec: CriticalPoint, **options: object) -> dict[str, np.ndarray]:
    return made.by_run(made.trained([spec], **options).tables)[spec.run_id]


def test_the_first_phase_is_the_function_fit_to_the_last_bit() -> None:
    spec = made.critical_point(seed=4)
    plain = made.by_run(made.trained([_fit_of(spec)]).tables)[_fit_of(spec).run_id]
    found = _points(spec)
    for name in ("n_params", "n_steps", "converged", "train_loss", "gradient_norm"):
        assert found[f"runs.{name}"].tobytes() == plain[f"runs.{name}"].tobytes()
    adam = found["critical_points.eigenvalues"][: int(found["runs.n_params"][0])]
    largest = np.abs(adam).max()
    np.testing.assert_allclose(adam, plain["eigenvalues.eigenvalues"], rtol=0, atol=1e-13 * largest)
    assert found["runs.minimal_ratio"][0] == (adam > 0).mean()


def test_both_points_are_those_of_a_plain_network_in_double() -> None:
    spec = made.critical_point(seed=1, gradient_norm_below=0.3, max_iterations=60)
    net, x = initialised(spec, seed=1), torch.tensor(grid())[:, None]
    y, steps = torch.tensor(evaluate("sinc", grid()))[:, None], optimiser(net, spec)
    for _ in range(spec.max_iterations + 1):
        steps.zero_grad()
        loss = torch.nn.functional.mse_loss(net(x), y)
        loss.backward()
        norm = torch.cat([p.grad.flatten() for p in net.parameters()]).norm().item()
        if norm < 0.3:
            break
        steps.step()
    found = _points(spec, dtype=torch.float64)
    assert found["critical_points.phase"].tolist() == ["adam", "newton"]
    assert found["critical_points.loss"][0] == pytest.approx(loss.item(), rel=1e-8)
    assert found["critical_points.gradient_norm"][0] == pytest.approx(norm, rel=1e-7)
    assert found["critical_points.gradient_norm"][1] < found["critical_points.gradient_norm"][0]
    assert len(list(module(spec).parameters())) == 8


def test_a_run_converges_only_below_the_threshold_and_within_its_steps() -> None:
    for seed in range(6):
        found = _points(made.critical_point(seed=seed, max_newton_steps=25))
        norm, steps = found["critical_points.gradient_norm"][1], found["critical_points.n_steps"][1]
        assert found["critical_points.converged"][1] == (norm < 1e-6)
        assert steps <= 25


def test_more_steps_only_go_on() -> None:
    """The threshold and the number of steps decide where a search ends, not where it leads."""
    few, more = (_points(made.critical_point(seed=2, max_newton_steps=n)) for n in (3, 12))
    assert few["critical_points.gradient_norm"][0] == more["critical_points.gradient_norm"][0]
    assert few["critical_points.gradient_norm"][1] > more["critical_points.gradient_norm"][1]


def test_a_search_cut_after_any_step_continues_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(critical_point, "STEPS_PER_STATE", 1)
    specs = [made.critical_point(seed=seed, max_iterations=20, max_newton_steps=12) for seed in (2, 1)]
    kept = [made.saved_and_loaded(state) for state in train(specs, device=made.CPU) if state.tables is None]
    whole = made.trained(specs)
    assert len(kept) > 12
    for state in kept:
        assert not made.differences(whole, made.trained(specs, state=state)), state.step


def test_a_run_that_leaves_the_numbers_fails_and_has_no_point() -> None:
    broken, fine = (made.critical_point(seed=s, learning_rate=1e30) for s in (0, 1))
    last = made.trained([broken, fine])
    assert set(last.failures) == {broken.run_id, fine.run_id}
    assert last.tables == {"runs": {}, "critical_points": {}}
