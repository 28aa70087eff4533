"""Planes and walks against slow, obvious ones."""

import math

import numpy as np
import pytest
import torch

from hw1 import initial
from hw1.architecture import dense
from hw1.planes import filter_normalised, matched_walk, path_plane, random_plane, walk_shares, weight_norms

pytestmark = pytest.mark.kernels

LAYERS = dense((6, 5, 4, 3))


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def theta(seed: int = 0) -> torch.Tensor:
    return initial.augmented(LAYERS, seed=seed).double()


def crooked_path(n: int = 8, p: int = 50) -> torch.Tensor:
    way = torch.linspace(0, 1, n, dtype=torch.float64)[:, None]
    drawn = torch.randn(4, p, generator=rng(5), dtype=torch.float64)
    noise = 0.05 * torch.randn(n, p, generator=rng(6), dtype=torch.float64)
    return 3 * way.sqrt() * drawn[0] + (3 * way).sin() * drawn[1] + 7 * drawn[2] + noise


def test_each_unit_s_weights_are_as_long_as_the_network_s_and_biases_stay() -> None:
    direction, at, start = filter_normalised(LAYERS, theta(), rng()), theta(), 0
    for layer in LAYERS:
        for _ in range(layer.n_out):
            unit = slice(start, start + layer.n_in)
            assert math.isclose(float(direction[unit].norm()), float(at[unit].norm()), rel_tol=1e-12)
            assert float(direction[start + layer.n_in]) == 0
            start += layer.n_in + 1
    assert start == len(direction)


def test_two_random_directions_differ_and_have_length_1() -> None:
    plane = random_plane(LAYERS, theta(), rng())
    assert math.isclose(float(plane.first.norm()), 1, rel_tol=1e-12)
    assert math.isclose(float(plane.second.norm()), 1, rel_tol=1e-12)
    assert abs(float(plane.first @ plane.second)) < 0.6


def test_the_plane_of_a_path_is_that_of_its_singular_vectors() -> None:
    path = crooked_path()
    plane, shares = path_plane(path)
    _, values, vectors = np.linalg.svd((path - path.mean(0)).numpy())
    np.testing.assert_allclose(shares[:4], (values**2 / (values**2).sum())[:4], rtol=1e-9)
    for found, expected in zip(plane, vectors, strict=False):
        np.testing.assert_allclose(np.abs(found.numpy() @ expected), 1, rtol=1e-9)
    assert math.isclose(float(shares.sum()), 1, rel_tol=1e-9)


def test_a_path_and_its_mirror_image_have_the_same_coordinates() -> None:
    path = crooked_path()
    one, other = (path_plane(p)[0].coordinates(p - p[-1]) for p in (path, -path))
    torch.testing.assert_close(one, other)
    assert one[0, 0] < 0
    assert one[one[:, 1].abs().argmax(), 1] > 0


def test_points_of_a_plane_have_the_coordinates_that_they_were_made_from() -> None:
    plane, _ = path_plane(crooked_path())
    points = torch.stack([plane.offset(1.5, -0.25), plane.offset(0.0, 2.0)])
    expected = torch.tensor([[1.5, -0.25], [0, 2]], dtype=torch.float64)
    torch.testing.assert_close(plane.coordinates(points), expected, atol=1e-12, rtol=0)


def test_a_matched_walk_has_the_path_s_step_lengths_and_directions_of_its_own() -> None:
    path = crooked_path()
    walk = matched_walk(path, rng())
    torch.testing.assert_close(walk.diff(dim=0).norm(dim=1), path.diff(dim=0).norm(dim=1))
    assert walk.shape == path.shape
    assert not walk[0].any()
    assert not torch.equal(walk, matched_walk(path, rng(1)))


def test_shares_of_a_long_walk_of_even_steps_are_those_of_antognini_and_sohl_dickstein() -> None:
    even = torch.arange(401, dtype=torch.float64)[:, None].expand(-1, 8000)
    found = walk_shares(even, rng())
    expected = [6 / (math.pi * k) ** 2 for k in range(1, len(found) + 1)]
    np.testing.assert_allclose(found[:4], expected[:4], rtol=0.06)


def test_norms_of_weights_leave_out_biases() -> None:
    path = torch.stack([theta(0), theta(1)])
    expected = []
    for row in path:
        total, start = 0.0, 0
        for layer in LAYERS:
            for _ in range(layer.n_out):
                total += sum(float(w) ** 2 for w in row[start : start + layer.n_in])
                start += layer.n_in + 1
        expected.append(math.sqrt(total))
    np.testing.assert_allclose(weight_norms(LAYERS, path), expected, rtol=1e-12)
