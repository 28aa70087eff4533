"""Means of groups against pyarrow's own."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.means import means
from analysis.student import COVERAGE, quantile

NUMBERS = st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(math.nan))
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.1, 0.2, None]),
        st.sampled_from(["a", "b"]),
        NUMBERS,
        st.one_of(st.none(), st.integers(-5, 5)),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)
TYPES = {"lr": pa.float64(), "how": pa.string(), "loss": pa.float64(), "steps": pa.int64(), "found": pa.bool_()}
METRICS = ["loss", "steps", "found"]


def grouped(rows: pa.Table, by: list[str]) -> pa.Table:
    """By pyarrow's `group_by`: the columns `by`, then mean, standard deviation and number of every metric."""
    real = {name: rows[name].cast(pa.float64()) for name in METRICS}
    given = rows.select(by)
    for name, column in real.items():
        given = given.append_column(name, pc.if_else(pc.is_nan(column), None, column))
    kinds = (("mean", None), ("stddev", pc.VarianceOptions(ddof=1)), ("count", pc.CountOptions(mode="only_valid")))
    asked = [(name, kind, options) for name in METRICS for kind, options in kinds]
    found = given.group_by(by, use_threads=False).aggregate(asked)
    return found.sort_by([(name, "ascending") for name in by]) if by else found


@given(ROWS, st.sampled_from([[], ["lr"], ["how", "lr"]]), st.integers(1, 40))
def test_means_intervals_and_numbers_are_those_of_group_by(rows: list[tuple[Any, ...]], by: list[str], at: int) -> None:
    whole = pa.table(
        {name: pa.array(column, TYPES[name]) for name, column in zip(TYPES, zip(*rows, strict=True), strict=True)}
    )
    pieces = pa.concat_tables([whole.slice(0, at), whole.slice(at)])
    made, wanted = means(pieces, by=by, metrics=METRICS), grouped(pieces, by)
    assert made.select(by).equals(wanted.select(by))
    for name in METRICS:
        n = wanted[f"{name}_count"].to_pylist()
        assert made[f"{name} n"].to_pylist() == n
        assert made[name].to_pylist() == pytest.approx(wanted[f"{name}_mean"].to_pylist(), rel=1e-12, abs=1e-9)
        for half, spread, k in zip(made[f"{name} ±"].to_pylist(), wanted[f"{name}_stddev"].to_pylist(), n, strict=True):
            expected = None if k < 2 else quantile(k - 1, (1 + COVERAGE) / 2) * spread / math.sqrt(k)
            assert half == (None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-9))


def test_what_is_infinite_stays_it() -> None:
    made = means(pa.table({"loss": pa.array([np.inf, 1.0])}), by=[], metrics=["loss"]).to_pylist()
    assert made[0]["loss"] == math.inf
    assert math.isnan(made[0]["loss ±"])
