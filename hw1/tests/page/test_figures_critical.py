"""What stands in the figures of critical points."""

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from analysis import style
from analysis.figure import Figure
from analysis.picture import drawn
from hw1.studies.critical_points import spectra
from hw1.tables import TABLES
from hw1.tests.page import synthetic, synthetic_rows
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import EXTENDED, studies

_OWN = [entry for entry in EXTENDED if entry.study == "critical_points"]
_EACH = pytest.mark.parametrize("entry", _OWN, ids=lambda entry: entry.name)


@pytest.fixture(scope="module")
def points() -> Sweep:
    manifest = synthetic.manifest()
    manifest = manifest[manifest["study"] == "critical_points"]
    return Sweep(manifest, synthetic_rows.tables(manifest))


def _figure(number: int, sweep: Sweep) -> matplotlib.figure.Figure:
    entry = next(entry for entry in _OWN if entry.number == number)
    with style.house_style():
        return drawn(entry, studies(*sweep)[entry.study]).drawing


def _texts(figure: matplotlib.figure.Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))


def _rows(sweep: Sweep, phase: str) -> pd.DataFrame:
    rows = sweep.tables["critical_points"]
    return rows[rows["phase"] == phase]


def test_the_figures_are_four_and_need_columns_that_the_schema_has() -> None:
    assert [entry.number for entry in _OWN] == [25, 26, 27, 28]
    for entry in _OWN:
        assert set(entry.columns) <= {column.name for column in TABLES[str(entry.table)]}
        assert entry.caption.endswith(".")


@_EACH
def test_every_axis_is_labelled_and_nothing_is_cut_off(entry: Figure, points: Sweep) -> None:
    figure = _figure(entry.number, points)
    figure.draw_without_rendering()
    for axes in figure.axes:
        place = axes.get_subplotspec()
        assert axes.get_ylabel() or place.colspan.start > 0
        assert axes.get_xlabel() or not place.is_last_row()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02


@_EACH
def test_a_figure_without_points_says_so_and_one_that_lacks_a_run_names_it(entry: Figure, points: Sweep) -> None:
    empty = Sweep(points.manifest, points.tables | {"critical_points": points.tables["critical_points"].iloc[:0]})
    assert "holds nothing" in " ".join(_texts(_figure(entry.number, empty)).split())
    lost = points.less(points.manifest["run_id"].iloc[:1])
    assert "missing: 1 of 100 runs (seed 0)" in _texts(_figure(entry.number, lost))


@_EACH
def test_runs_that_all_stalled_are_drawn_as_well(entry: Figure, points: Sweep) -> None:
    rows = points.tables["critical_points"]
    stalled = rows.assign(converged=rows["phase"] == "adam", smooth_fraction=1e-3)
    _figure(entry.number, Sweep(points.manifest, points.tables | {"critical_points": stalled})).draw_without_rendering()


def test_curves_by_tolerance_fall_from_the_ratio_above_rounding_to_none(points: Sweep) -> None:
    figure = _figure(25, points)
    titles = " ".join(axes.get_title(loc="left") for axes in figure.axes)
    n_met = int(_rows(points, "newton")["converged"].sum())
    assert f"gradient norm < 1e-6 at last: {n_met} runs" in titles
    assert f"still ≥ 1e-6: {100 - n_met} runs" in titles
    for axes in figure.axes:
        curves = [line for line in axes.lines if len(line.get_xdata()) > 10]
        assert len(curves) == 2
        for line in curves:
            y = np.asarray(line.get_ydata())
            assert (np.diff(y) <= 0).all()
            assert y[-1] == 0


def test_points_with_and_without_tolerance_are_those_shares_of_the_eigenvalues(points: Sweep) -> None:
    rows = _rows(points, "adam")
    for number, share in ((26, spectra.positive), (28, spectra.negative)):
        for axes, tolerance in zip(_figure(number, points).axes, (0.0, 1e-9), strict=True):
            line = next(line for line in axes.lines if line.get_label() == "after Adam")
            np.testing.assert_array_equal(line.get_xdata(), share(rows, tolerance))
            np.testing.assert_array_equal(line.get_ydata(), rows["loss"])


def test_shares_count_beyond_the_tolerance_of_the_largest_size() -> None:
    rows = pd.DataFrame({"eigenvalues": [np.array([-4.0, -1e-13, 0.0, 1e-13, 2.0]), np.array([-1.0, 0.5, 1e-3, 8, 9])]})
    np.testing.assert_allclose(spectra.positive(rows, 0.0), [0.4, 0.8])
    np.testing.assert_allclose(spectra.positive(rows, 1e-12), [0.2, 0.8])
    np.testing.assert_allclose(spectra.positive(rows, 0.5), [0.0, 0.4])
    np.testing.assert_allclose(spectra.negative(rows, 1e-12), [0.2, 0.2])
    np.testing.assert_allclose(spectra.negative(rows, 0.0), [0.4, 0.2])


def test_hollow_points_are_those_above_their_threshold_and_no_kink_has_a_place_of_its_own(points: Sweep) -> None:
    figure = _figure(27, points)
    newton = _rows(points, "newton")
    hollow = next(line for line in figure.axes[0].lines if "Newton steps, threshold not met" in str(line.get_label()))
    assert len(hollow.get_xdata()) == (~newton["converged"].astype(bool)).sum()
    assert hollow.get_markerfacecolor() == "none"
    never = [y for line in figure.axes[1].lines for y in np.atleast_1d(line.get_ydata()) if y > 1]
    assert len(never) == newton["smooth_fraction"].isna().sum()
    assert "no kink" in _texts(figure)
