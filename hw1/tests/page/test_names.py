"""How values and runs are written."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import names
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import studies


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ((5, 10, 5), "5-10-5"),
        ([350], "350"),
        ((), "none"),
        ((1e-4, 5e-3, 16.0), "0.0001, 0.005, 16"),
        (None, "none"),
        (float("nan"), "none"),
        (True, "yes"),
        (np.False_, "no"),
        ("adam", "adam"),
        (20_000.0, "20,000"),
        (np.int64(61_706), "61,706"),
        (0.0004, "0.0004"),
        (1e-5, "1e-5"),
        (0.0, "0"),
        (-2.0, "-2"),
    ],
)
def test_values_are_written_plainly(item: object, text: str) -> None:
    assert names.value(item) == text


@settings(max_examples=50)
@given(number=st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_numbers_keep_four_digits(number: float) -> None:
    written = float(names.number(number).replace(",", ""))
    assert written == pytest.approx(number, rel=5.1e-4, abs=1e-300)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("simulate", ["f1 deep", "f1 medium", "f1 shallow", "f2 deep", "f2 medium", "f2 shallow"]),
        ("actual_task", ["LeNet", "CNN"]),
        ("trajectory", ["all runs"]),
        ("interpolation", ["batch size 100 and 500", "learning rate 0.01 and 0.001"]),
        ("sensitivity", [f"batch size {n}" for n in ("16", "64", "256", "1,024", "4,096")]),
    ],
)
def test_settings_have_a_readers_names(seeds: Sweep, name: str, settings: list[str]) -> None:
    assert [setting for setting, _ in names.settings(studies(*seeds)[name].expected)] == settings


def test_every_setting_holds_its_seeds(seeds: Sweep) -> None:
    for _, rows in names.settings(studies(*seeds)["parameters"].expected):
        assert sorted(rows["seed"]) == [0, 1, 2]


def _missing(sweep: Sweep, study_name: str, **values: object) -> str:
    expected = studies(*sweep)[study_name].expected
    chosen = np.logical_and.reduce([expected[name].map(lambda v, w=value: v == w) for name, value in values.items()])
    return names.missing(expected, expected[chosen])


def test_missing_runs_are_named_by_what_tells_them_apart(seeds: Sweep, sweep: Sweep) -> None:
    assert _missing(sweep, "actual_task", model="cnn") == "missing: 1 of 2 runs (CNN)"
    assert _missing(seeds, "actual_task", model="cnn") == "missing: 3 of 6 runs (CNN)"
    assert _missing(seeds, "actual_task", model="cnn", seed=2) == "missing: 1 of 6 runs (CNN seed 2)"
    assert _missing(seeds, "random_labels", seed=1) == "missing: 1 of 3 runs (seed 1)"
    assert _missing(seeds, "parameters", hidden=(50,)) == "missing: 3 of 30 runs (50 hidden units)"
    assert _missing(seeds, "gradient_norm", function="sinc") == "missing: 3 of 3 runs"
    assert _missing(seeds, "random_labels", seed=9) == ""


def test_many_missing_runs_are_counted(sweep: Sweep) -> None:
    expected = studies(*sweep)["minimal_ratio"].expected
    text = names.missing(expected, expected[expected["seed"] >= 40])
    assert text == "missing: 60 of 100 runs (seeds 40, 41, 42, 43 and 56 more)"


def test_the_seed_is_not_a_setting(seeds: Sweep) -> None:
    assert names.varying(studies(*seeds)["trajectory"].expected) == []
    assert names.varying(studies(*seeds)["simulate"].expected) == ["function", "hidden", "output_bias"]
    assert names.varying(pd.DataFrame({"kind": []})) == []


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("barriers", ["data order, 0 shared epochs", "data order, 1 shared epoch"]),
        ("corruption", [f"{percent}% of labels corrupted" for percent in (0, 25, 50, 75, 100)]),
    ],
)
def test_settings_that_the_report_left_out_have_a_readers_names(sweep: Sweep, name: str, settings: list[str]) -> None:
    assert [setting for setting, _ in names.settings(studies(*sweep)[name].expected)] == settings
