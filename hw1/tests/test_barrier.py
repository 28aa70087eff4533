"""Ends that differ in data order only, and the lines between and to them, against a plain loop over torch's modules."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1 import barrier
from hw1.data import images
from hw1.plain import initialised
from hw1.seeds import generator
from hw1.specs import Barrier
from hw1.tests import made

pytestmark = pytest.mark.kernels

MEASURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")


def plain_end(spec: Barrier, *, number: int) -> nn.Module:
    """One end by `torch.optim.SGD` in float64: its order changes once the shared epochs are over."""
    net = initialised(spec, seed=spec.seed)
    steps = torch.optim.SGD(net.parameters(), lr=spec.learning_rate, momentum=spec.momentum, nesterov=True)
    data = images(spec, device=made.CPU, dtype=torch.float64)
    first, second = generator(spec.seed, "order"), generator(spec.seed, "second order")
    for epoch in range(spec.epochs):
        order = second if number == 2 and epoch >= spec.shared_epochs else first
        for batch in torch.randperm(spec.n_train, generator=order).split(spec.batch_size):
            steps.zero_grad()
            F.cross_entropy(net(data.train[batch]), data.train_labels[batch]).backward()
            steps.step()
    return net


def plain_line(spec: Barrier, first: nn.Module, second: nn.Module, alpha: float) -> list[float]:
    """Loss and accuracy of the module whose parameters are on the line, in the order of the schema."""
    net = initialised(spec, seed=spec.seed)
    mixed = zip(net.parameters(), first.parameters(), second.parameters(), strict=True)
    data = images(spec, device=made.CPU, dtype=torch.float64)
    with torch.no_grad():
        for weight, a, b in mixed:
            weight.copy_((1 - alpha) * a + alpha * b)
        row = []
        for x, labels in ((data.train, data.train_labels), (data.test, data.test_labels)):
            logits = net(x)
            row += [F.cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).double().mean().item()]
    return row


@pytest.mark.parametrize("shared_epochs", [0, 1, 3])
def test_every_line_has_the_numbers_of_a_plain_loop(shared_epochs: int) -> None:
    spec = made.barrier(shared_epochs=shared_epochs, seed=4)
    run = made.by_run(made.trained([spec], dtype=torch.float64).tables)[spec.run_id]
    start, first, second = initialised(spec, seed=4), plain_end(spec, number=1), plain_end(spec, number=2)
    of = {"between": (first, second), "init-1": (start, first), "init-2": (start, second)}
    assert list(dict.fromkeys(run["lines.line"])) == list(of)
    for k, (line, alpha) in enumerate(zip(run["lines.line"], run["lines.alpha"], strict=True)):
        found = [run[f"lines.{name}"][k] for name in MEASURES]
        np.testing.assert_allclose(found, plain_line(spec, *of[line], alpha), rtol=1e-8, err_msg=f"{line} {alpha}")
    assert run["lines.alpha"].tolist() == [0, 0.25, 0.5, 0.75, 1] * 3


def test_ends_are_one_run_until_the_shared_epochs_are_over_and_two_from_there() -> None:
    for shared in (0, 1, 3):
        spec = made.barrier(shared_epochs=shared)
        run = made.by_run(made.trained([spec]).tables)[spec.run_id]
        losses = {end: run["curves.running_loss"][run["curves.end"] == end] for end in (1, 2)}
        np.testing.assert_array_equal(losses[1][:shared], losses[2][:shared])
        assert (losses[1][shared:] != losses[2][shared:]).all()
        between = run["lines.line"] == "between"
        assert (len(set(run["lines.train_loss"][between])) > 1) == (shared < spec.epochs)


def test_end_1_is_the_run_that_interpolation_trains() -> None:
    spec, pair = made.barrier(), made.interpolation(epochs=3)
    mine = made.by_run(made.trained([spec]).tables)[spec.run_id]
    theirs = made.by_run(made.trained([pair]).tables)[pair.run_id]
    for name in ("running_loss", "running_accuracy"):
        np.testing.assert_array_equal(mine[f"curves.{name}"][:3], theirs[f"curves.{name}"][:3])
    assert mine["curves.test_loss"][2] == pytest.approx(theirs["curves.test_loss"][2], rel=1e-12)


def test_all_images_are_measured_after_the_last_epoch_only_as_the_lines_ends_are() -> None:
    spec = made.barrier(shared_epochs=1)
    run = made.by_run(made.trained([spec]).tables)[spec.run_id]
    for name in MEASURES:
        values, line = run[f"curves.{name}"], run[f"lines.{name}"][run["lines.line"] == "between"]
        assert np.isnan(values).tolist() == [True, True, False] * 2
        assert values[[2, 5]].tolist() == [line[0], line[-1]]


def test_pairs_of_one_seed_train_end_1_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[barrier.End] = []
    made_by = barrier._Barriers.begun
    monkeypatch.setattr(barrier._Barriers, "begun", lambda self, end: begun.append(end) or made_by(self, end))
    made.trained([made.barrier(shared_epochs=k) for k in (0, 2)])
    assert begun == [(0, 1, 0), (0, 2, 0), (0, 2, 2)]


def test_a_run_that_asks_for_no_lines_from_the_initialisation_has_none() -> None:
    table = made.trained([made.barrier(from_initialisation=False, epochs=1)]).tables["lines"]  # type: ignore[index]
    assert set(table["line"]) == {"between"}


def test_ends_that_leave_the_numbers_fail() -> None:
    spec = made.barrier(learning_rate=1e20, epochs=1, n_train=64)
    last = made.trained([spec])
    assert list(last.failures) == [spec.run_id]
    assert not last.tables["lines"]  # type: ignore[index]
