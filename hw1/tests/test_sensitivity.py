"""Classifiers whose ends are measured."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1.data import images
from hw1.plain import module
from hw1.sensitivity import ascents
from hw1.specs import Classifier, Sensitivity
from hw1.tests import made
from hw1.train import train

pytestmark = pytest.mark.kernels


def _end(spec: Sensitivity) -> torch.nn.Module:
    """The trained network as a plain module in float64."""
    *_, state, _ = train([spec], device=made.CPU)
    net = module(spec).double()
    theta = state.values["epochs"]["theta"].double()
    for parameter, part in zip(net.parameters(), theta.split([p.numel() for p in net.parameters()]), strict=True):
        parameter.data = part.view_as(parameter)
    return net.eval()


def test_measuring_the_end_changes_nothing_of_the_training() -> None:
    spec = made.sensitivity(epochs=2)
    values = {name: getattr(spec, name) for name in made.convolutional().values()}
    plain = Classifier(**values)
    measured, trained = (made.by_run(made.trained([s]).tables)[s.run_id] for s in (spec, plain))
    for column in trained.keys() - {"runs.run_id", "curves.run_id"}:
        assert measured[column].tobytes() == trained[column].tobytes(), column


def test_the_norm_is_the_mean_over_the_first_test_images() -> None:
    """Up to ties of pooled values on the black ground, which float64 breaks in other ways."""
    spec = made.sensitivity(n_jacobian=5)
    net = _end(spec)
    test = images(spec, device=made.CPU, dtype=torch.float64).test
    run = made.by_run(made.trained([spec]).tables)[spec.run_id]
    for column, output in (("jacobian_norm", lambda z: torch.softmax(z, 0)), ("logit_jacobian_norm", lambda z: z)):
        norms = [
            torch.autograd.functional.jacobian(lambda x: output(net(x)[0]), test[k : k + 1]).norm()  # noqa: B023 - at once
            for k in range(5)
        ]
        assert run[f"sensitivity.{column}"][0] == pytest.approx(torch.stack(norms).mean().item(), rel=1e-3)


def test_sharpness_starts_from_the_loss_of_the_first_training_images_in_every_box() -> None:
    spec = made.sensitivity(n_sharpness=100)
    net = _end(spec)
    data = images(spec, device=made.CPU, dtype=torch.float64)
    loss = F.cross_entropy(net(data.train[:100]), data.train_labels[:100]).item()
    run = made.by_run(made.trained([spec]).tables)[spec.run_id]
    np.testing.assert_allclose(run["sharpness.subset_loss"], loss, rtol=1e-5)
    np.testing.assert_allclose(
        run["sharpness.sharpness"], 100 * (run["sharpness.largest_loss"] - loss) / (1 + loss), rtol=1e-2
    )
    assert (run["sharpness.sharpness"] > 0).all()


def test_every_box_of_every_scaling_is_measured_and_only_keskar_s_sees_the_scaling() -> None:
    spec = made.sensitivity()
    run = made.by_run(made.trained([spec]).tables)[spec.run_id]
    found = list(zip(*(run[f"sharpness.{key}"].tolist() for key in ("box", "factor", "epsilon")), strict=True))
    assert found == [tuple(ascent) for ascent in ascents(spec)]
    assert found[:3] == [("keskar", 1.0, 1e-3), ("keskar", 1.0, 5e-3), ("adaptive", 1.0, 1e-2)]
    assert found[3:] == [("keskar", 4.0, 5e-3), ("adaptive", 4.0, 1e-2)]
    sharpness = dict(zip(found, run["sharpness.sharpness"].tolist(), strict=True))
    assert sharpness["adaptive", 1.0, 1e-2] == sharpness["adaptive", 4.0, 1e-2]
    assert sharpness["keskar", 1.0, 5e-3] < sharpness["keskar", 4.0, 5e-3]


def test_more_images_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`n_jacobian` must be at most `n_test` = 64, got 65; `n_sharpness` .* = 128"):
        made.trained([made.sensitivity(n_jacobian=65, n_sharpness=129)])


def test_a_run_that_leaves_the_numbers_is_not_measured_and_says_so() -> None:
    spec = made.sensitivity(learning_rate=1e30)
    state = made.trained([spec])
    assert state.failures == {spec.run_id: "nan: a loss is not finite"}
    assert not state.tables["runs"]
    assert "sharpness" not in state.tables


def test_a_dense_network_is_refused_by_the_spec() -> None:
    with pytest.raises(TypeError, match="`model` must be one of 'lenet', 'cnn'"):
        made.sensitivity(model="mlp")
