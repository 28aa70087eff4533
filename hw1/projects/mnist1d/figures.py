"""Accuracies of all seeds beside the published ones, and how they came about."""

from collections.abc import Mapping

import matplotlib.figure

from hw1.projects.mnist1d.claims import ARM_NAMES, NAMES, PUBLISHED, REPORTED, at_end, kind
from jobs import Figure, StudyResults, band, column, known, style

SHORT = {"logistic": "logistic regression", "mlp": "MLP", "cnn": "CNN", "gru": "GRU"}


def accuracies(study: StudyResults) -> matplotlib.figure.Figure:
    """A point a seed, and a bar where the published accuracy lies."""
    return _strips(study, SHORT, PUBLISHED)


def arms(study: StudyResults) -> matplotlib.figure.Figure:
    """The same of the MLP's variants."""
    return _strips(study, {"mlp": "the paper's MLP", **ARM_NAMES}, {"mlp": PUBLISHED["mlp"], "usual": REPORTED})


def _strips(study: StudyResults, names: Mapping[str, str], published: Mapping[str, float]) -> matplotlib.figure.Figure:
    figure = style.canvas(height_in=1.2 + 0.45 * len(names))
    axes = figure.subplots()
    wide = at_end(study)
    for place, name in enumerate(names):
        values = 100 * known(column(wide, name))
        shift = [0.24 * (k % 7 - 3) / 3 for k in range(len(values))]
        axes.plot(values, [place + s for s in shift], "o", color=style.ordered(1)[0].color, markersize=4, alpha=0.6)
        if name in published:
            at = 100 * published[name]
            axes.plot([at, at], [place - 0.4, place + 0.4], color=style.GREY, linewidth=2.5)
    axes.set_yticks(range(len(names)), list(names.values()))
    axes.invert_yaxis()
    axes.set(xlabel="test accuracy after 6,000 steps [%]")
    return figure


def curves(study: StudyResults) -> matplotlib.figure.Figure:
    """Test accuracy after every epoch: median and middle half of the seeds."""
    figure = style.canvas(height_in=3.8)
    axes = figure.subplots()
    rows = study.measured("mnist1d.log", ("test_accuracy",))
    rows = rows.assign(kind=kind(rows), percent=100 * rows["test_accuracy"], steps=40 * (rows["step"] + 1))
    for name, line in zip(NAMES, style.ordered(len(NAMES)), strict=True):
        if (rows["kind"] == name).any():
            style.draw(axes, band(rows[rows["kind"] == name], "steps", "percent"), line, SHORT[name])
    axes.set(xlabel="steps", ylabel="test accuracy [%]", xscale="log")
    style.legend_above(axes)
    return figure


FIGURES = (
    Figure(
        slug="accuracies",
        title="Test accuracies of the four networks",
        caption="A point a seed, after 6,000 steps; the bar is the published accuracy, of one run.",
        alt="Points of thirty seeds for each network, with a bar at the published accuracy.",
        draw=accuracies,
        table="mnist1d.runs",
        columns=("test_accuracy",),
        banded=False,
    ),
    Figure(
        slug="curves",
        title="Test accuracy over the steps",
        caption="After every epoch of 40 steps.",
        alt="Lines of the test accuracy of four networks over the steps.",
        draw=curves,
        table="mnist1d.log",
        columns=("test_accuracy",),
    ),
    Figure(
        slug="arms",
        title="The MLP, and what may have been different",
        caption="A point a seed; bars: the published 68%, and the 62% that issue 17 reports.",
        alt="Points of thirty seeds for the MLP and six variants of it.",
        draw=arms,
        table="mnist1d.runs",
        columns=("test_accuracy",),
        banded=False,
    ),
)
