"""The functions that are fitted."""

import numpy as np
import pytest

from hw1.functions import evaluate, grid


def test_the_grid_is_300_points_a_hundredth_apart() -> None:
    x = grid()
    assert len(x) == 300
    assert x.tolist() == [float(f"{k / 100:.2f}") for k in range(-150, 150)]


def test_sinc_is_numpys_own_sinc() -> None:
    np.testing.assert_allclose(evaluate("sinc", grid()), np.sinc(5 * grid()), atol=1e-15)


@pytest.mark.parametrize("function", ["sign_sinc", "sign_sin"])
def test_signs_are_exact_and_zero_only_at_the_zeros(function: str) -> None:
    x = grid()
    values = evaluate(function, x)  # type: ignore[arg-type]
    hundredths = np.arange(-150, 150)
    crossings = hundredths % 20 == 0
    if function == "sign_sinc":
        crossings &= hundredths != 0
    assert set(np.unique(values)) == {-1.0, 0.0, 1.0}
    assert ((values == 0) == crossings).all()


def test_the_sign_of_sinc_is_even_and_that_of_the_sine_is_odd() -> None:
    x = grid()[1:150]
    assert (evaluate("sign_sinc", x) == evaluate("sign_sinc", -x)).all()
    assert (evaluate("sign_sin", x) == -evaluate("sign_sin", -x)).all()
