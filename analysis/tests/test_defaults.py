"""The page of a project that declares no figures."""

import re
from pathlib import Path

import pytest

from analysis.figures.defaults import default_figures
from analysis.frames import Results
from analysis.picture import drawn
from analysis.render import write_report
from analysis.style import SMOKE, house_style
from analysis.tests import made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    write_report(made.PAGE, *made.sweep(), folder)
    return folder


def test_every_metric_is_drawn_over_its_step_and_over_every_parameter_that_varies(folder: Path) -> None:
    found = sorted(path.name for path in (folder / "figures").glob("*.png"))
    assert found == ["01-rmse-over-step.png", "02-final-rmse-over-parameters.png"]


def test_three_learning_rates_and_three_widths_are_nine_labels(folder: Path) -> None:
    figure = drawn(default_figures(Results(*made.sweep())["mlp"])[0], Results(*made.sweep())["mlp"]).drawing
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [f"lr {lr}, width {width}" for lr in ("0.001", "0.01", "0.1") for width in (8, 32, 128)]


def test_a_parameter_has_a_tick_at_each_of_its_values_and_a_line_for_each_value_of_the_other() -> None:
    study = Results(*made.sweep())["mlp"]
    with house_style():
        panels = drawn(default_figures(study)[1], study).drawing.axes
    assert [[tick.get_text() for tick in axes.get_xticklabels()] for axes in panels] == [
        ["0.001", "0.01", "0.1"],
        ["8", "32", "128"],
    ]
    assert [len(axes.containers) for axes in panels] == [3, 3]


def test_the_page_has_the_means_with_their_intervals(folder: Path) -> None:
    text = (folder / "report.md").read_text()
    assert "mean over seeds (95% interval)" in text
    row = next(line for line in text.splitlines() if line.startswith("| lr 0.001, width 8 |") and "of 5" in line)
    assert re.search(r"\| 5 of 5 \| [\d.]+ \([\d.]+ to [\d.]+\) \| 0 of 5 \|", row), row


def test_a_smoke_sweep_is_marked_in_default_figures() -> None:
    study = Results(*made.sweep(smoke=True))["mlp"]
    for figure in default_figures(study):
        assert SMOKE in [text.get_text() for text in drawn(figure, study).drawing.texts]


def test_a_study_without_a_log_and_without_parameters_has_no_figures() -> None:
    manifest, tables = made.sweep(n_seeds=1)
    one = Results(manifest.iloc[:1], {"runs": tables["runs"]})["mlp"]
    assert default_figures(one) == ()


def test_a_parameter_called_step_hides_no_figure_over_steps() -> None:
    manifest, tables = made.sweep()
    fields = (*manifest["fields"].iloc[0], "step")
    study = Results(manifest.assign(step=manifest["width"] * 0.5, fields=[fields] * len(manifest)), tables)["mlp"]
    first, last = default_figures(study)
    assert (first.slug, last.title) == ("rmse-over-step", "final rmse by lr, width, step")
    lines = drawn(first, study).drawing.axes[0].lines
    assert set(lines[0].get_xdata()) == set(tables["mlp.log"]["step"])
    assert set(study.runs["step"]) == {4.0, 16.0, 64.0}


def test_long_names_of_settings_stay_inside_the_figure() -> None:
    manifest, tables = made.sweep()
    fields = (*manifest["fields"].iloc[0], "optimizer")
    long = manifest.assign(
        optimizer=manifest["lr"].map("gradient descent at {}".format), fields=[fields] * len(manifest)
    )
    study = Results(long, tables)["mlp"]
    with house_style():
        figure = drawn(default_figures(study)[0], study).drawing
        figure.draw_without_rendering()
        legend = figure.legends[0].get_window_extent()
    assert 0 <= legend.x0 < legend.x1 <= figure.bbox.x1
    assert legend.y1 <= figure.bbox.y1 + 1


def test_a_study_that_logs_its_step_under_a_name_of_its_own_is_drawn_over_that_name() -> None:
    manifest, tables = made.sweep()
    log = tables["mlp.log"]
    named = {**tables, "mlp.log": log.assign(epoch=log["step"], later=log["step"] + 1)}
    assert [figure.slug for figure in default_figures(Results(manifest, named)["mlp"])] == [
        "rmse-over-epoch",
        "later-over-epoch",
        "final-rmse-over-parameters",
    ]
