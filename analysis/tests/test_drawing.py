"""Pictures on every core: those of one core, in order, and whatever goes wrong comes back."""

import multiprocessing
from typing import Any

import matplotlib.figure
import pandas as pd
import pytest

from analysis import drawing, style
from analysis.figure import Figure
from analysis.frames import Results, StudyResults
from analysis.picture import picture

N = drawing.FEWEST + 2


@pytest.fixture
def study() -> StudyResults:
    """One study without a run."""
    manifest = pd.DataFrame({"run_id": ["a"], "study": ["s"], "smoke": [False], "kind": ["k"], "fields": [()]})
    return Results(manifest, {})["s"]


def _figure(number: int, *, fails: bool = False) -> Figure:
    def draw(_: StudyResults) -> matplotlib.figure.Figure:
        if fails:
            raise ZeroDivisionError(f"of figure {number}")
        canvas = style.canvas(height_in=2)
        canvas.subplots().plot([0, number])
        return canvas

    of: dict[str, Any] = {"slug": f"f{number}", "title": "t", "caption": "c", "alt": "a", "number": number}
    return Figure(draw=draw, table=None, **of)


def test_on_every_core_the_pictures_are_those_of_one_in_order(
    study: StudyResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "_n_cores", lambda: 2)
    todo, told = [(_figure(n), study) for n in range(N)], list[tuple[int, int]]()
    with drawing.pictures(todo, lambda n, of: told.append((n, of))) as coming:
        made = list(coming)
    assert made == [picture(*each) for each in todo]
    assert sorted(told) == [(n + 1, N) for n in range(N)]
    assert multiprocessing.active_children() == []


def test_a_figure_that_fails_fails_the_page_and_leaves_no_process(
    study: StudyResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "_n_cores", lambda: 2)
    todo = [(_figure(n, fails=n == 3), study) for n in range(N)]
    with drawing.pictures(todo, print) as coming, pytest.raises(ZeroDivisionError, match="of figure 3"):
        list(coming)
    assert multiprocessing.active_children() == []


def test_a_few_figures_are_drawn_here(study: StudyResults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "ProcessPoolExecutor", None)
    with drawing.pictures([(_figure(n), study) for n in range(3)], print) as coming:
        assert len(list(coming)) == 3
