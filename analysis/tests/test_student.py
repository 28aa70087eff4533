"""Student's t against SciPy's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from analysis.student import quantile


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 19, 100, 10_000, 1_000_000])
def test_the_quantile_of_a_95_percent_interval_is_scipys(freedom: int) -> None:
    assert quantile(freedom, 0.975) == pytest.approx(float(stdtrit(freedom, 0.975)), rel=1e-8)


@given(st.integers(1, 500), st.floats(0.55, 0.9999))
def test_every_other_quantile_is_scipys_too(freedom: int, chance: float) -> None:
    assert quantile(freedom, chance) == pytest.approx(float(stdtrit(freedom, chance)), rel=1e-8)
