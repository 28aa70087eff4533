"""Surfaces against plain torch modules, and against the runs of `trajectory` whose paths they are."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1 import surface
from hw1.data import images
from hw1.plain import initialised, module, optimiser
from hw1.planes import random_plane
from hw1.seeds import generator
from hw1.specs import Surface
from hw1.tests import made
from jobs.state import Tables

pytestmark = pytest.mark.kernels


def tables(spec: Surface, **options: object) -> Tables:
    found = made.trained([spec], **options).tables
    assert found is not None
    return found


def plain_path(spec: Surface) -> torch.Tensor:
    """Weights and biases of every unit in turn, after every epoch of a plain loop in float64."""
    net = initialised(spec, seed=spec.seed)
    steps, order = optimiser(net, spec), generator(spec.seed, "order")
    data = images(spec, device=made.CPU, dtype=torch.float64)
    path = [augmented(net)]
    for _ in range(spec.epochs):
        for batch in torch.randperm(len(data.train), generator=order).split(spec.batch_size):
            steps.zero_grad()
            F.cross_entropy(net(data.train[batch, :-1]), data.train_labels[batch]).backward()
            steps.step()
        path.append(augmented(net))
    return torch.stack(path)


def augmented(net: torch.nn.Sequential) -> torch.Tensor:
    dense = [part for part in net if isinstance(part, torch.nn.Linear)]
    return torch.cat([torch.cat([p.weight, p.bias[:, None]], 1).detach().flatten() for p in dense])


def plain_losses(spec: Surface, theta: torch.Tensor) -> list[float]:
    """Train and test loss of these weights."""
    net, start = module(spec).double(), 0
    for part in net:
        if isinstance(part, torch.nn.Linear):
            n_in, n_out = part.in_features, part.out_features
            block = theta[start : start + n_out * (n_in + 1)].view(n_out, n_in + 1)
            part.weight.data, part.bias.data = block[:, :-1], block[:, -1]
            start += block.numel()
    data = images(spec, device=made.CPU, dtype=torch.float64)
    n = spec.n_surface_images
    parts = ((data.train[:n], data.train_labels[:n]), (data.test, data.test_labels))
    return [F.cross_entropy(net(x[:, :-1]), labels).item() for x, labels in parts]


def test_surfaces_and_paths_are_those_of_a_plain_loop() -> None:
    spec = made.surface(seed=3, n_train=192, epochs=3)
    run = made.by_run(tables(spec, dtype=torch.float64))[spec.run_id]
    path = plain_path(spec)
    centred = (path - path.mean(0)).numpy()
    _, values, vectors = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(run["explained.share"][:3], (values**2 / (values**2).sum())[:3], rtol=1e-6)
    along = torch.from_numpy(vectors[:2])
    coordinates = (path - path[-1]) @ along.T
    furthest = coordinates[:, 1].abs().argmax()
    along *= torch.stack([-coordinates[0, 0].sign(), coordinates[furthest, 1].sign()])[:, None]
    coordinates = (path - path[-1]) @ along.T
    np.testing.assert_allclose(run["surface_paths.first"], coordinates[:, 0], atol=1e-6)
    np.testing.assert_allclose(run["surface_paths.second"], coordinates[:, 1], atol=1e-6)
    expected = [plain_losses(spec, theta)[0] for theta in path]
    np.testing.assert_allclose(run["surface_paths.train_loss"], expected, rtol=1e-6)
    expected = [plain_losses(spec, path[-1] + c @ along)[0] for c in coordinates]
    np.testing.assert_allclose(run["surface_paths.plane_loss"], expected, rtol=1e-5)

    randomly = random_plane(spec.layers, path[-1], generator(spec.seed, "directions"))
    radius = spec.extent * coordinates.norm(dim=1).max()
    steps = (-radius, 0 * radius, radius)
    points = itertools.product((along, torch.stack(list(randomly))), steps, steps)
    for k, (plane, first, second) in enumerate(points):
        place = [run["surfaces.first"][k], run["surfaces.second"][k]]
        np.testing.assert_allclose(place, [first, second], rtol=1e-6)
        found = [run["surfaces.train_loss"][k], run["surfaces.test_loss"][k]]
        np.testing.assert_allclose(found, plain_losses(spec, path[-1] + first * plane[0] + second * plane[1]), 1e-5)
    assert len(run["surfaces.plane"]) == 18


def test_the_weights_are_those_of_the_trajectory_to_the_last_bit() -> None:
    path = made.trained([made.classifier(seed=k) for k in (5, 2)])
    theirs = made.by_run(path.tables)
    for seed, snapshots in itertools.product((2, 5), (True, False)):
        spec = made.surface(seed=seed, snapshots=snapshots)
        mine = made.by_run(tables(spec))[spec.run_id]
        trained = theirs[made.classifier(seed=seed).run_id]
        names = [name for name in trained if name in mine and not name.endswith("run_id")]
        assert all(mine[name].tobytes() == trained[name].tobytes() for name in names)
        assert ("snapshots.weights" in names) == snapshots
        assert "curves.train_loss" in names


def test_the_middle_of_either_grid_and_the_last_point_of_the_path_are_the_end_itself() -> None:
    spec = made.surface(n_surface_images=256, n_grid=5)
    run = made.by_run(tables(spec))[spec.run_id]
    for plane in surface.PLANES:
        (end,) = np.flatnonzero(
            (run["surfaces.plane"] == plane) & (run["surfaces.first"] == 0) & (run["surfaces.second"] == 0)
        )
        assert run["surfaces.train_loss"][end] == run["curves.train_loss"][-1]
        assert run["surfaces.test_loss"][end] == run["curves.test_loss"][-1]
    for name in ("train_loss", "plane_loss"):
        assert run[f"surface_paths.{name}"][-1] == run["curves.train_loss"][-1]
    np.testing.assert_array_equal(run["surface_paths.train_loss"][1:], run["curves.train_loss"])


def test_the_grid_holds_the_whole_path_with_a_margin_and_shows_from_where_it_came() -> None:
    spec = made.surface()
    run = made.by_run(tables(spec))[spec.run_id]
    first, second = run["surface_paths.first"], run["surface_paths.second"]
    radius = np.hypot(first, second).max()
    assert run["surfaces.first"].max() == pytest.approx(1.25 * radius)
    assert (first[0], first[-1], second[-1]) == (first.min(), 0, 0)


def test_every_walk_and_component_has_a_share() -> None:
    found = tables(made.surface(n_walks=4, epochs=4))["explained"]
    assert list(zip(found["walk"], found["component"], strict=True)) == list(itertools.product(range(5), range(1, 5)))
    shares = np.array(found["share"]).reshape(5, 4)
    np.testing.assert_allclose(shares.sum(1), 1)
    assert shares[0, 0] > shares[1:, 0].max()


def test_a_cut_between_two_points_continues_to_the_same_bits_and_a_lost_point_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    specs = [made.surface(seed=k) for k in range(2)]
    states = list(made.train(specs, device=made.CPU))
    points = [n for n, state in enumerate(states) if state.unit == "point"]
    assert len(points) >= 26
    cuts = [points[3] + 1, 5, 1]
    assert not made.differences(states[-1], made.trained_in_pieces(specs, cuts))
    monkeypatch.setattr(surface._Surfaces, "restore", lossy)
    assert made.differences(states[-1], made.trained_in_pieces(specs, cuts))


def lossy(group: surface._Surfaces, values: dict[str, object]) -> None:
    surface.Group.restore(group, values)
    group.n_measured = values["n_measured"]  # type: ignore[assignment]


def test_shares_of_the_work_rise_evenly_to_one() -> None:
    fractions = [state.fraction for state in made.train([made.surface(epochs=2)], device=made.CPU)]
    assert fractions == sorted(fractions)
    assert max(np.diff(fractions)) < 0.3
    assert fractions[-1] == 1


def test_a_run_that_leaves_the_numbers_has_no_surface_and_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    specs = [made.surface(seed=k) for k in range(2)]
    alone = made.trained(specs[:1])
    monkeypatch.setattr(surface._Surfaces, "finite", lambda group: [True, False][: len(group.specs)])
    together = made.trained(specs)
    assert list(together.failures) == [specs[1].run_id]
    assert set(made.by_run(together.tables)) == {specs[0].run_id}
    assert not made.differences(alone, together)


def test_runs_that_all_leave_the_numbers_fail() -> None:
    spec = made.surface(learning_rate=1e30)
    last = made.trained([spec])
    assert list(last.failures) == [spec.run_id]
    assert last.tables is not None
    assert not any(last.tables.values())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 1}, "`epochs` must be at least 2 for a path in a plane, got 1"),
        ({"n_grid": 4}, "`n_grid` must be odd and at least 3, got 4"),
        ({"n_surface_images": 257}, "`n_surface_images` must be from 1 to 256, got 257"),
    ],
)
def test_values_without_a_surface_are_refused(values: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made.surface(**values)
    with pytest.raises(TypeError, match="`model` must be one of 'mlp', got 'lenet'"):
        made.surface(model="lenet")
