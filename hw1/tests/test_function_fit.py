"""Stacked function fits against a plain loop, run by run."""

import numpy as np
import pytest
import torch

from hw1 import function_fit
from hw1.functions import evaluate, grid
from hw1.plain import initialised, optimiser
from hw1.specs import FunctionFit
from hw1.tests import made

pytestmark = pytest.mark.kernels


def plain_loop(spec: FunctionFit) -> tuple[list[float], list[float], np.ndarray]:
    """Losses and gradient norms (without weight decay) before every update and at the end, and the predictions."""
    net = initialised(spec, seed=spec.seed)
    steps = optimiser(net, spec)
    x, y = torch.tensor(grid())[:, None], torch.tensor(evaluate(spec.function, grid()))[:, None]
    losses, norms = [], []
    for k in range(spec.max_iterations + 1):
        steps.zero_grad()
        loss = torch.nn.functional.mse_loss(net(x), y)
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]).norm().item())
        if k < spec.max_iterations:
            steps.step()
    return losses, norms, net(x)[:, 0].detach().numpy()


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
@pytest.mark.parametrize("output_bias", [True, False])
def test_the_stack_trains_to_the_numbers_of_a_plain_loop(optimizer: str, output_bias: bool) -> None:
    same = {"optimizer": optimizer, "output_bias": output_bias, "hidden": (5, 7, 4), "max_iterations": 150}
    specs = [made.fit(seed=k, function=f, **same) for k, f in enumerate(("sinc", "sign_sinc", "square_wave"))]
    found = made.by_run(made.trained(specs, dtype=torch.float64).tables)
    for spec in specs:
        losses, _, predictions = plain_loop(spec)
        run = found[spec.run_id]
        assert run["curves.step"].tolist() == list(range(151))
        np.testing.assert_allclose(run["curves.train_loss"], losses, rtol=1e-9)
        np.testing.assert_allclose(run["predictions.prediction"], predictions, rtol=0, atol=1e-9)
        assert run["runs.train_loss"] == run["curves.train_loss"][-1]


def test_gradient_norms_leave_weight_decay_out() -> None:
    spec = made.fit(measures="gradient_norm", weight_decay=0.1)
    run = made.by_run(made.trained([spec], dtype=torch.float64).tables)[spec.run_id]
    np.testing.assert_allclose(run["curves.gradient_norm"], plain_loop(spec)[1], rtol=1e-8)


def test_a_run_stops_at_the_first_gradient_below_its_threshold() -> None:
    spec = made.fit(measures="spectrum", gradient_norm_below=0.05, max_iterations=400, hidden=(6, 5))
    _, norms, _ = plain_loop(spec)
    run = made.by_run(made.trained([spec], dtype=torch.float64).tables)[spec.run_id]
    first = next(k for k, norm in enumerate(norms) if norm < 0.05)
    assert run["runs.n_steps"] == first > 0
    assert run["runs.converged"]
    np.testing.assert_allclose(run["runs.gradient_norm"], norms[first], rtol=1e-8)


def test_a_run_converges_only_once_loss_and_both_last_changes_are_small() -> None:
    spec = made.fit(loss_below=0.2, change_below=2e-4, max_iterations=600, hidden=(6, 5))
    losses, _, _ = plain_loop(spec)
    first = next(
        k
        for k in range(2, 601)
        if losses[k] < 0.2 and max(abs(losses[k] - losses[k - 1]), abs(losses[k - 1] - losses[k - 2])) < 2e-4
    )
    run = made.by_run(made.trained([spec], dtype=torch.float64).tables)[spec.run_id]
    assert run["runs.n_steps"] == first
    assert run["runs.converged"]


def test_long_curves_are_thinned_and_keep_their_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_fit, "N_CURVE_POINTS", 20)
    spec = made.fit(max_iterations=45, hidden=(2,))
    steps = made.by_run(made.trained([spec]).tables)[spec.run_id]["curves.step"]
    assert steps.tolist() == [*range(0, 46, 3)]


def test_a_run_that_leaves_the_numbers_fails_alone_and_is_named() -> None:
    fine, broken = made.fit(learning_rate=1e30, seed=0), made.fit(learning_rate=1e30, seed=1)
    last = made.trained([fine, broken])
    assert set(last.failures) == {fine.run_id, broken.run_id}
    assert all("not finite at iteration" in why for why in last.failures.values())
    assert last.tables is not None
    assert last.tables["runs"] == {}
