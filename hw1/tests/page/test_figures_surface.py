"""What stands in figures 29 to 31."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis import style
from hw1.studies.surface import figures as surface
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import studies


def _drawn(name: str, sweep: Sweep) -> Figure:
    with style.house_style():
        figure: Figure = getattr(surface, name)(studies(*sweep)["surface"])
        figure.draw_without_rendering()
    return figure


def _line(figure: Figure, panel: int, label: str) -> np.ndarray:
    return next(np.asarray(line.get_xydata()) for line in figure.axes[panel].lines if label in str(line.get_label()))


def test_shares_stand_beside_those_of_the_walks_and_of_an_endless_one(sweep: Sweep) -> None:
    figure = _drawn("explained", sweep)
    rows = studies(*sweep)["surface"].table("explained")
    own = rows[rows["walk"] == 0].groupby("component")["share"].median()
    np.testing.assert_array_equal(_line(figure, 0, "training path"), own.reset_index())
    walks = rows[rows["walk"] > 0].groupby("component")["share"].median()
    np.testing.assert_array_equal(_line(figure, 0, "random walks")[:, 1], walks)
    np.testing.assert_allclose(_line(figure, 0, "endless")[:, 1], [6 / (math.pi * k) ** 2 for k in (1, 2, 3)])
    assert len(figure.axes[0].collections) == 2 * 2, "the middle half and all, of paths and of walks"
    assert figure.axes[0].get_yscale() == "log"


def test_paths_without_walks_are_drawn_alone(sweep: Sweep) -> None:
    rows = sweep.tables["explained"]
    figure = _drawn("explained", Sweep(sweep.manifest, sweep.tables | {"explained": rows[rows["walk"] == 0]}))
    assert not any("random walks" in str(line.get_label()) for line in figure.axes[0].lines)


def test_the_first_seed_s_path_leads_to_the_end_and_its_shares_stand_on_the_axes(sweep: Sweep) -> None:
    figure = _drawn("surfaces", sweep)
    of = studies(*sweep)["surface"]
    path = of.table("surface_paths").query("seed == 0").sort_values("epoch")
    np.testing.assert_array_equal(_line(figure, 0, "path"), path[["first", "second"]])
    share = of.table("explained").query("seed == 0 and walk == 0 and component == 1")["share"].item()
    assert figure.axes[0].get_xlabel() == f"first principal component ({100 * share:.1f} % of the variance)"
    assert all("seed 0" in axes.get_title(loc="left") for axes in figure.axes)
    assert not any("path, by epoch" in str(line.get_label()) for line in figure.axes[1].lines)


def test_contours_have_even_steps_of_a_log_axis_and_lie_within_the_losses(sweep: Sweep) -> None:
    losses = studies(*sweep)["surface"].table("surfaces").query("seed == 0")["train_loss"]
    levels = surface._levels(losses)
    assert 5 <= len(levels) <= 16
    assert losses.min() < levels[0]
    assert levels[-1] < losses.max()
    assert np.ptp(np.diff(np.log10(levels))) < 0.25


def test_where_a_value_is_low_and_where_high_is_not_turned_round(sweep: Sweep) -> None:
    surfaces = sweep.tables["surfaces"]
    tilted = surfaces.assign(train_loss=np.exp(0.2 * surfaces["first"] + 0.01 * surfaces["second"]))
    figure = _drawn("surfaces", Sweep(sweep.manifest, sweep.tables | {"surfaces": tilted}))
    lines = next(c for c in figure.axes[0].collections if len(c.get_paths()) > 1 and not c.get_fill())
    verticals = [path.vertices for path in lines.get_paths() if len(path.vertices)]
    assert all(np.ptp(points[:, 0]) < np.ptp(points[:, 1]) for points in verticals)


def test_a_level_surface_has_no_contours_and_says_so(sweep: Sweep) -> None:
    level = sweep.tables["surfaces"].assign(train_loss=1.0)
    figure = _drawn("surfaces", Sweep(sweep.manifest, sweep.tables | {"surfaces": level}))
    texts = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    assert texts.count("level: no contours") == 2


def test_a_plane_that_is_level_beside_the_other_has_no_contour_lines(sweep: Sweep) -> None:
    surfaces = sweep.tables["surfaces"]
    level = surfaces.assign(train_loss=surfaces["train_loss"].where(surfaces["plane"] == "components", 1.0))
    _, panel = _drawn("surfaces", Sweep(sweep.manifest, sweep.tables | {"surfaces": level})).axes
    assert len(panel.collections) == 1


def test_losses_that_hardly_differ_have_contours_too() -> None:
    levels = surface._levels(pd.Series([2.30, 2.31, 2.32]))
    assert len(levels) == 6
    assert ((levels > 2.30) & (levels < 2.32)).all()


def test_slices_go_through_the_end_of_every_run_in_units_of_its_radius(sweep: Sweep) -> None:
    figure = _drawn("slices", sweep)
    for panel in (0, 1):
        line = _line(figure, panel, "first")
        np.testing.assert_allclose(line[:, 0], np.linspace(-1.25, 1.25, 9))
        assert line[:, 1].argmin() == 4
        assert len(figure.axes[panel].collections) == 2 * 2, "the middle half and all, along both directions"
    assert figure.axes[0].get_yscale() == "log"
