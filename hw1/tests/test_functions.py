"""The functions that are fitted."""

import numpy as np

from hw1.functions import evaluate, grid


def test_the_grid_is_300_points_a_hundredth_apart() -> None:
    x = grid()
    assert len(x) == 300
    assert x.tolist() == [float(f"{k / 100:.2f}") for k in range(-150, 150)]


def test_sinc_is_numpys_own_sinc() -> None:
    np.testing.assert_allclose(evaluate("sinc", grid()), np.sinc(5 * grid()), atol=1e-15)


def test_the_signs_of_sinc_are_exact_and_zero_only_at_its_zeros() -> None:
    values = evaluate("sign_sinc", grid())
    hundredths = np.arange(-150, 150)
    crossings = (hundredths % 20 == 0) & (hundredths != 0)
    assert set(np.unique(values)) == {-1.0, 0.0, 1.0}
    assert ((values == 0) == crossings).all()


def test_the_sign_of_sinc_is_even() -> None:
    x = grid()[1:150]
    assert (evaluate("sign_sinc", x) == evaluate("sign_sinc", -x)).all()


def test_the_square_wave_is_the_sign_that_the_notebooks_floating_point_grid_gives() -> None:
    theirs = np.sign(np.sin(5 * np.pi * np.arange(-1.5, 1.5, 0.01)))
    assert (evaluate("square_wave", grid()) == theirs).all()
