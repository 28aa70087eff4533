"""Principal components against a slow oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw1.pca import principal_components

pytestmark = pytest.mark.kernels


def _points(seed: int, n_points: int, n_dimensions: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, (n_points, n_dimensions)) * np.linspace(3, 1, n_dimensions) + rng.normal(0, 5, n_dimensions)


def _oracle(points: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors of the covariance matrix, the largest eigenvalues first."""
    values, vectors = np.linalg.eigh(np.cov(points, rowvar=False, bias=True))
    order = np.argsort(values)[::-1][:n_components]
    vectors = vectors[:, order]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(n_components)])
    return (points - points.mean(axis=0)) @ vectors, values[order] / values.sum()


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), n_points=st.integers(6, 40), n_dimensions=st.integers(3, 8))
def test_components_are_the_eigenvectors_of_the_covariance(seed: int, n_points: int, n_dimensions: int) -> None:
    points = _points(seed, n_points, n_dimensions)
    coordinates, explained = _oracle(points, 2)
    found = principal_components(points, n_components=2)
    np.testing.assert_allclose(found.explained, explained, rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.coordinates), np.abs(coordinates), atol=1e-6)


def test_signs_are_fixed() -> None:
    points = _points(0, 20, 5)
    np.testing.assert_allclose(
        principal_components(points, n_components=2).coordinates, _oracle(points, 2)[0], atol=1e-9
    )
    mirrored = principal_components(-points, n_components=2).coordinates
    np.testing.assert_allclose(mirrored, -principal_components(points, n_components=2).coordinates, atol=1e-9)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), shift=st.floats(-100, 100))
def test_a_shift_of_all_points_changes_nothing(seed: int, shift: float) -> None:
    points = _points(seed, 10, 4)
    moved = principal_components(points + shift, n_components=2)
    np.testing.assert_allclose(moved.coordinates, principal_components(points, n_components=2).coordinates, atol=1e-6)


def test_all_components_explain_all_variance_and_keep_all_distances() -> None:
    points = _points(1, 12, 4)
    found = principal_components(points, n_components=4)
    assert found.explained.sum() == pytest.approx(1)
    assert (np.diff(found.explained) <= 0).all()
    distance = np.linalg.norm(points[3] - points[8])
    assert np.linalg.norm(found.coordinates[3] - found.coordinates[8]) == pytest.approx(distance)


def test_more_dimensions_than_points_and_single_precision_are_fine() -> None:
    points = _points(2, 6, 300).astype(np.float32)
    found = principal_components(points, n_components=2)
    assert found.coordinates.dtype == np.float64
    assert found.coordinates.shape == (6, 2)


def test_too_few_points_and_coinciding_points_are_refused() -> None:
    with pytest.raises(ValueError, match=r"`n_components` must be at most 1 for \(1, 5\) points, got 2"):
        principal_components(np.ones((1, 5)), n_components=2)
    with pytest.raises(ValueError, match="all of them coincide"):
        principal_components(np.ones((4, 5)), n_components=2)


def test_directions_are_orthogonal_units_along_which_the_coordinates_lie() -> None:
    points = _points(3, 12, 40)
    found = principal_components(points, n_components=5)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(5), atol=1e-12)
    centred = points - points.mean(axis=0)
    np.testing.assert_allclose(centred @ found.directions.T, found.coordinates, atol=1e-10)
