"""Classifiers against a plain loop over torch's own modules and optimisers."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1.data import images
from hw1.networks import network
from hw1.optimizers import optimizer
from hw1.plain import initialised, optimiser
from hw1.seeds import generator
from hw1.specs import Classifier
from hw1.tests import made

pytestmark = pytest.mark.kernels


def plain_loop(spec: Classifier) -> list[list[float]]:
    """Train and test loss and accuracy, then running ones, after every epoch. No dropout: LeNet and dense networks."""
    net = initialised(spec, seed=spec.seed)
    steps, order = optimiser(net, spec), generator(spec.seed, "order")
    data = images(spec, device=made.CPU, dtype=torch.float64)
    train, test = ((x[:, :-1] if spec.model == "mlp" else x) for x in (data.train, data.test))
    rows = []
    for _ in range(spec.epochs):
        running, right = 0.0, 0
        for batch in torch.randperm(len(train), generator=order).split(spec.batch_size):
            logits = net(train[batch])
            loss = F.cross_entropy(logits, data.train_labels[batch])
            steps.zero_grad()
            loss.backward()
            steps.step()
            running += loss.item() * len(batch)
            right += int((logits.argmax(1) == data.train_labels[batch]).sum())
        row = []
        for x, labels in ((train, data.train_labels), (test, data.test_labels)):
            with torch.no_grad():
                logits = net(x)
            row += [F.cross_entropy(logits, labels).item(), (logits.argmax(1) == labels).double().mean().item()]
        rows.append([*row, running / len(train), right / len(train)])
    return rows


CASES = {
    "trajectory": made.classifier(),
    "parameters": made.classifier(hidden=(60,), batch_size=50, weight_decay=0.0, snapshots=False),
    "two hidden layers": made.classifier(hidden=(25, 50), batch_size=50, snapshots=False),
    "lenet": made.convolutional(),
    "resized": made.convolutional(frame="resized"),
    "random labels": made.convolutional(labels="random", optimizer="adam", learning_rate=1e-3, momentum=0.0),
}


@pytest.mark.parametrize("spec", CASES.values(), ids=CASES)
def test_training_gives_the_numbers_of_a_plain_loop(spec: Classifier) -> None:
    specs = [spec, spec.replace(seed=7)]
    found = made.by_run(made.trained(specs, dtype=torch.float64).tables)
    for each in specs:
        run, expected = found[each.run_id], np.array(plain_loop(each))
        names = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "running_loss", "running_accuracy")
        for column, name in enumerate(names):
            np.testing.assert_allclose(run[f"curves.{name}"], expected[:, column], rtol=1e-8, err_msg=name)
        assert run["runs.test_loss"] == run["curves.test_loss"][-1]


def test_snapshots_are_the_weights_without_biases_from_the_initialisation_on() -> None:
    spec = made.classifier(epochs=2)
    run = made.trained([spec]).tables["snapshots"]  # type: ignore[index]
    assert run["epoch"] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert run["layer"] == [1, 2, 3] * 3
    net = initialised(spec, seed=0, dtype=torch.float32)
    weights = [p.detach().flatten().numpy() for p in net.parameters() if p.dim() == 2]
    assert [len(w) for w in run["weights"][:3]] == [7840, 200, 200]
    assert sorted(np.concatenate(run["weights"][:3])) == pytest.approx(sorted(np.concatenate(weights)), abs=0.2)


def test_dropout_is_on_while_learning_and_off_while_measuring() -> None:
    spec = made.convolutional(model="cnn", epochs=1, n_train=64, n_test=64, learning_rate=1e-30)
    run = made.by_run(made.trained([spec], dtype=torch.float64).tables)[spec.run_id]
    net = initialised(spec, seed=0).eval()
    data = images(spec, device=made.CPU, dtype=torch.float64)
    expected = F.cross_entropy(net(data.test), data.test_labels).item()
    assert run["curves.test_loss"][0] == pytest.approx(expected, rel=1e-9)
    assert run["curves.running_loss"][0] != pytest.approx(run["curves.train_loss"][0], rel=1e-4)


def test_a_run_that_leaves_the_numbers_fails_alone() -> None:
    specs = [made.convolutional(learning_rate=1e20, seed=k, n_train=64, epochs=1) for k in (0, 1)]
    last = made.trained(specs)
    assert set(last.failures) == {spec.run_id for spec in specs}


def test_runs_of_other_shapes_cannot_share_a_pack() -> None:
    with pytest.raises(ValueError, match="differ in batch_size, hidden"):
        made.trained([made.classifier(), made.classifier(batch_size=32, hidden=(3,))])


@pytest.mark.parametrize("model", ["lenet", "cnn"])
def test_in_bfloat16_losses_are_those_of_float32_to_its_three_digits(model: str) -> None:
    spec = made.convolutional(model=model, epochs=2, n_train=64, n_test=32, batch_size=32)
    low = spec.replace(precision="bfloat16")
    exact, rounded = (made.by_run(made.trained([s]).tables)[s.run_id] for s in (spec, low))
    for name in ("train_loss", "test_loss", "running_loss"):
        one, other = exact[f"curves.{name}"], rounded[f"curves.{name}"]
        np.testing.assert_allclose(one, other, rtol=2**-6, err_msg=name)
        assert (one != other).all()


def test_weights_and_loss_are_float32_where_the_rest_is_bfloat16() -> None:
    spec = made.convolutional(precision="bfloat16", learning_rate=1e-6, momentum=0.0, epochs=1)
    net = network([spec], device=made.CPU, dtype=torch.float32)
    data, before = images(spec, device=made.CPU), net.rows().clone()
    loss, _ = net.learn(data.train, data.train_labels[None], torch.arange(64)[None])
    steps = optimizer(spec, net.theta)
    steps.step(net.gradient)
    assert data.train.dtype == torch.bfloat16
    assert {loss.dtype, net.theta.dtype, net.gradient.dtype} == {torch.float32}
    moved, moved_as_rounded = (
        (a != b).double().mean() for a, b in ((net.rows(), before), (net.rows().bfloat16(), before.bfloat16()))
    )
    assert moved > 0.1 > 100 * moved_as_rounded  # steps far below bfloat16's resolution are taken
