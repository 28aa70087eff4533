"""What stands in the figures of labels corrupted in part."""

import numpy as np
from matplotlib.figure import Figure

from analysis import style
from analysis.frames import StudyResults
from hw1.studies.corruption import figures as corruption
from hw1.tests.page import synthetic
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import studies


def _costs(of: StudyResults) -> Figure:
    with style.house_style():
        return corruption.costs(of)


def test_every_fraction_is_a_line_in_both_panels_with_a_colour_and_marker_of_its_own(sweep: Sweep) -> None:
    with style.house_style():
        figure = corruption.fitting(studies(*sweep)["corruption"])
    for axes in figure.axes:
        assert [line.get_label() for line in axes.lines] == [f"{100 * f:g}% corrupted" for f in synthetic.FRACTIONS]
        assert len({line.get_color() for line in axes.lines}) == len({line.get_marker() for line in axes.lines}) == 5


def test_the_gap_reaches_from_train_error_to_test_error(sweep: Sweep) -> None:
    of = studies(*sweep)["corruption"]
    filled = next(c for c in _costs(of).axes[1].collections if c.get_label() == "generalisation gap")
    found = filled.get_paths()[0].vertices
    for split in ("train", "test"):
        errors = 1 - of.runs.groupby("fraction")[f"{split}_accuracy"].median()
        assert all(np.isclose(found, point).all(axis=1).any() for point in errors.items())


def test_a_run_that_did_not_fit_is_a_cross(seeds: Sweep) -> None:
    runs = seeds.tables["runs"]
    lost = seeds.manifest.loc[seeds.manifest["fraction"] == 1, "run_id"]
    runs = runs.assign(converged=~runs["run_id"].isin(lost))
    left = _costs(studies(seeds.manifest, seeds.tables | {"runs": runs})["corruption"]).axes[0]
    crosses = next(line for line in left.lines if line.get_label() == "not fitted by then")
    assert (crosses.get_marker(), set(crosses.get_xdata())) == ("x", {1.0})
    assert len(crosses.get_xdata()) == 3
