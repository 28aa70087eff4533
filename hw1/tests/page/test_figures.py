"""What stands in the figures."""

from dataclasses import fields
from itertools import pairwise

import matplotlib as mpl
import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from analysis import style
from analysis.figure import Figure
from analysis.picture import drawn
from hw1.functions import evaluate, grid
from hw1.specs import FunctionFit, Interpolation
from hw1.tables import AXIS, TABLES
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import EXTENDED, FIGURES, studies

_EVERY = {entry.number: entry for entry in FIGURES + EXTENDED}
_EACH = pytest.mark.parametrize("entry", _EVERY.values(), ids=lambda entry: entry.name)


def _figure(number: int, sweep: Sweep) -> matplotlib.figure.Figure:
    entry = _EVERY[number]
    with style.house_style():
        return drawn(entry, studies(*sweep)[entry.study]).drawing


def _texts(figure: matplotlib.figure.Figure) -> list[str]:
    texts = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    return [" ".join(text.split()) for text in texts if text]


def _line(figure: matplotlib.figure.Figure, label: str, panel: int = 0) -> np.ndarray:
    return next(np.asarray(line.get_xydata()) for line in figure.axes[panel].lines if label in str(line.get_label()))


def test_there_are_21_figures_in_order_each_with_a_name_of_its_own() -> None:
    assert [entry.number for entry in FIGURES] == list(range(1, 22))
    assert len({entry.slug for entry in FIGURES}) == 21


def test_figures_of_what_the_report_left_out_are_numbered_on() -> None:
    assert list(_EVERY) == sorted({entry.number for entry in FIGURES} | {entry.number for entry in EXTENDED})
    assert len({entry.slug for entry in _EVERY.values()}) == len(FIGURES + EXTENDED)


@_EACH
def test_figures_need_columns_that_the_schema_has(entry: Figure) -> None:
    if entry.table:
        assert set(entry.columns) <= {column.name for column in TABLES[entry.table]}
    assert entry.title
    assert entry.caption.endswith(".")
    assert len(entry.alt) > 40


@_EACH
@pytest.mark.slow
def test_every_axis_is_labelled_and_nothing_is_cut_off(entry: Figure, seeds: Sweep) -> None:
    figure = _figure(entry.number, seeds)
    figure.draw_without_rendering()
    for axes in figure.axes:
        place = axes.get_subplotspec()
        assert axes.get_ylabel() or place.colspan.start > 0
        beside = [other for other in figure.axes if other.get_subplotspec() is place]
        assert any(each.get_xlabel() for each in beside) or not place or not place.is_last_row()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02


@_EACH
def test_the_smoke_mark_stands_in_every_figure_of_a_smoke_sweep(entry: Figure, smoke: Sweep) -> None:
    assert style.SMOKE in _texts(_figure(entry.number, smoke))


def test_other_sweeps_have_no_smoke_mark(sweep: Sweep) -> None:
    assert not any("SMOKE" in text for number in (1, 7, 13) for text in _texts(_figure(number, sweep)))


@_EACH
@pytest.mark.slow
def test_a_figure_without_data_says_so(entry: Figure, seeds: Sweep) -> None:
    sweep = seeds
    nothing = Sweep(sweep.manifest, sweep.tables | {"runs": sweep.tables["runs"].iloc[:0]})
    outside = Sweep(sweep.manifest[sweep.manifest["study"] == "none"], sweep.tables)
    unmeasured = Sweep(sweep.manifest, {"runs": sweep.tables["runs"][["run_id", "pack_id", "n_steps", "converged"]]})
    if entry.table == "runs":
        unmeasured.tables["runs"][list(entry.columns)] = np.nan
    said = [" ".join(_texts(_figure(entry.number, frames))) for frames in (nothing, outside, unmeasured)]
    if entry.table:
        assert "No data: missing" in said[0]
        assert "no run for this figure" in said[1]
        assert "holds nothing" in said[2]
        assert entry.table in said[2]
    else:
        assert all("No data" not in text for text in said)


def test_a_missing_run_is_named_in_the_figure_and_the_rest_is_drawn(partial: Sweep) -> None:
    texts = _texts(_figure(7, partial))
    assert "missing: 1 of 2 runs (CNN)" in texts
    assert "LeNet (61,706 parameters)" in texts
    assert not any("CNN (" in text for text in texts)


def test_a_run_without_the_figures_rows_counts_as_missing_there(sweep: Sweep) -> None:
    eights = sweep.tables["snapshots"]
    fewer = eights[eights["run_id"] != eights["run_id"].iloc[0]]
    texts = _texts(_figure(9, Sweep(sweep.manifest, sweep.tables | {"snapshots": fewer})))
    assert "missing: 1 of 8 runs (seed 0)" in texts


def test_one_seed_is_a_line_and_several_are_a_median_with_a_band(sweep: Sweep, seeds: Sweep) -> None:
    assert not _figure(14, sweep).axes[0].collections
    banded = _figure(14, seeds)
    assert len(banded.axes[0].collections) == 2
    assert "Line: median over 3 seeds; band: lowest to highest; faint: single runs." in _texts(banded)
    of = studies(*seeds)["random_labels"].table("curves")
    medians = of.groupby("step")["test_loss"].median()
    np.testing.assert_array_equal(_line(banded, "test loss")[:, 1], medians)


def test_single_runs_stand_behind_the_median_of_several(sweep: Sweep, seeds: Sweep) -> None:
    assert len(_figure(14, sweep).axes[0].lines) == 3
    axes = _figure(14, seeds).axes[0]
    faint = [line for line in axes.lines if line.get_zorder() < 2]
    of = studies(*seeds)["random_labels"].table("curves")
    expected = [run["test_loss"].tolist() for _, run in of.sort_values("step").groupby("run_id", sort=False)]
    assert [list(line.get_ydata()) for line in faint[3:]] == expected
    assert all((line.get_alpha() or 1) < 0.5 for line in faint)
    assert "test loss" not in [line.get_label() for line in faint]


def test_runs_of_many_sizes_are_points_behind_the_median(seeds: Sweep) -> None:
    faint = [line for line in _figure(15, seeds).axes[0].lines if line.get_zorder() < 2]
    runs = studies(*seeds)["parameters"].runs
    for split, lines in (("train", faint[:30]), ("test", faint[30:])):
        assert [line.get_marker() for line in lines] == ["."] * 30
        np.testing.assert_array_equal([line.get_xydata()[0] for line in lines], runs[["n_params", f"{split}_loss"]])


def test_f2_is_drawn_with_its_jumps(sweep: Sweep) -> None:
    line = _line(_figure(4, sweep), "f(x)")
    slanted = np.abs(np.diff(line[:, 1])) > 0
    assert not (slanted & np.isfinite(np.diff(line[:, 1]))).any()
    levels = set(line[np.isfinite(line[:, 1]), 1])
    assert levels == set(evaluate("sign_sinc", grid()))


def test_f2_is_the_function_that_the_runs_fit(sweep: Sweep) -> None:
    renamed = sweep.manifest.assign(function=sweep.manifest["function"].replace("sign_sinc", "square_wave"))
    assert "sgn(sin(5πx))" in " ".join(_texts(_figure(4, Sweep(renamed, sweep.tables))))
    assert "sgn(sin(5πx) / (5πx))" in " ".join(_texts(_figure(4, sweep)))


def test_losses_over_iterations_are_on_a_log_axis_and_say_where_each_model_stopped(sweep: Sweep) -> None:
    figure = _figure(2, sweep)
    assert figure.axes[0].get_yscale() == "log"
    f1 = studies(*sweep)["simulate"].runs.query("function == 'sinc'")
    for _, run in f1.iterrows():
        said = "converged at" if run["converged"] else "not converged by"
        assert any(f"{said} iteration {run['n_steps']:,.0f}" in text for text in _texts(figure))


def test_runs_that_did_not_meet_the_threshold_are_crosses(sweep: Sweep) -> None:
    figure = _figure(13, sweep)
    runs = studies(*sweep)["minimal_ratio"].runs
    for label, marker, rows in (
        ("gradient norm < 0.001", "o", runs[runs["converged"].isin([True])]),
        ("still ≥ 0.001", "x", runs[runs["converged"].isin([False])]),
    ):
        np.testing.assert_array_equal(_line(figure, label), rows[["minimal_ratio", "train_loss"]])
        assert any(line.get_marker() == marker for line in figure.axes[0].lines if label in line.get_label())


def test_all_ten_parameter_counts_are_ticks_that_do_not_touch(sweep: Sweep) -> None:
    figure = _figure(15, sweep)
    figure.draw_without_rendering()
    axis = figure.axes[1].xaxis
    assert [tick.get_text() for tick in axis.get_ticklabels()] == [
        f"{795 * n + 10:,}" for n in (5, 25, 50, 60, 100)
    ] + [f"{795 * n + 10:,}" for n in (150, 200, 250, 280, 350)]
    boxes = [tick.get_window_extent() for tick in axis.get_ticklabels()]
    assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))


def test_both_pairs_stand_side_by_side_with_marks_at_their_ends(sweep: Sweep) -> None:
    figure = _figure(21, sweep)
    left, right = figure.axes[:2], figure.axes[2:]
    assert [axes.get_title(loc="left") for axes in left] == [
        "batch size: end 1 = 100, end 2 = 500",
        "learning rate: end 1 = 0.01, end 2 = 0.001",
    ]
    for axes in left:
        marks = {line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2}
        assert marks == {0, 1}
    assert [axes.get_ylabel() for axes in right] == ["error, 1 − accuracy"] * 2
    assert {axes.get_yscale() for axes in figure.axes} == {"log"}


def test_a_missing_pair_leaves_its_panel_empty_and_named(sweep: Sweep) -> None:
    rates = sweep.manifest.loc[sweep.manifest["learning_rate_2"] == 0.001, "run_id"]
    figure = _figure(19, sweep.less(rates))
    assert [text.get_text() for text in figure.axes[1].texts] == ["no data"]
    assert "missing: 1 of 2 runs (learning rate 0.01 and 0.001)" in _texts(figure)


def test_paths_of_all_runs_share_one_plane_and_show_their_accuracy(sweep: Sweep) -> None:
    figure = _figure(10, sweep)
    assert len(figure.axes[0].lines) == 8
    _, coloured = figure.axes[0].collections
    accuracy = studies(*sweep)["trajectory"].table("curves")["train_accuracy"]
    np.testing.assert_array_equal(np.sort(coloured.get_array()), np.sort(accuracy))
    assert AXIS["train_accuracy"] in _texts(figure)
    assert sum("% of the variance" in text for text in _texts(figure)) == 2


def test_a_single_snapshot_is_too_few_for_a_plane(sweep: Sweep) -> None:
    snapshots = sweep.tables["snapshots"].query("epoch == 29").drop_duplicates("layer").iloc[:1]
    texts = " ".join(_texts(_figure(9, Sweep(sweep.manifest, sweep.tables | {"snapshots": snapshots}))))
    assert "too few" in texts


def test_a_users_matplotlib_settings_are_neither_used_nor_changed(sweep: Sweep) -> None:
    with mpl.rc_context({"font.size": 31, "axes.linewidth": 9}):
        figure = _figure(1, sweep)
        assert (mpl.rcParams["font.size"], mpl.rcParams["axes.linewidth"]) == (31, 9)
    assert all(spine.get_linewidth() < 2 for spine in figure.axes[0].spines.values())


def test_scalars_of_a_series_survive_as_pandas_gives_them(sweep: Sweep) -> None:
    listed = sweep.manifest.assign(hidden=sweep.manifest["hidden"].map(list), output_bias=pd.NA)
    assert _texts(_figure(2, Sweep(listed, sweep.tables))) == _texts(_figure(2, sweep))


def test_rescaling_is_seen_in_keskar_s_box_only(seeds: Sweep) -> None:
    figure = _figure(24, seeds)
    trained, rescaled = (
        [_line(figure, label, panel)[:, 1] for panel in (0, 1)] for label in ("as trained", "rescaled by 16")
    )
    assert (rescaled[0] > trained[0]).all()
    np.testing.assert_array_equal(rescaled[1], trained[1])


def test_every_batch_size_has_a_line_of_its_sharpness_and_a_tick(sweep: Sweep) -> None:
    rows = studies(*sweep)["sensitivity"].table("sharpness").query("box == 'keskar' and factor == 1")
    for size in (16, 64, 256, 1024, 4096):
        expected = rows[rows["batch_size"] == size].sort_values("epsilon")
        found = next(line for line in _figure(23, sweep).axes[0].lines if line.get_label() == f"{size:,}")
        np.testing.assert_array_equal(found.get_xydata(), expected[["epsilon", "sharpness"]])
    for axes in _figure(22, sweep).axes:
        assert axes.get_xticks().tolist() == [16, 64, 256, 1024, 4096]


def test_a_sweep_of_one_study_can_be_drawn_whose_runs_lack_the_others_fields(sweep: Sweep) -> None:
    for name, other in (("sensitivity", FunctionFit), ("gradient_norm", Interpolation)):
        alone = sweep.manifest[sweep.manifest["study"] == name]
        lacking = alone.drop(columns={field.name for field in fields(other)} - set(alone["fields"].iloc[0]))
        for figure in (figure for figure in _EVERY.values() if figure.study == name):
            said = " ".join(_texts(_figure(figure.number, Sweep(lacking, sweep.tables))))
            assert "no run for this figure" not in said
