"""Figures beyond 1-3-3: the way from the initialisation, and barriers between ends that differ in data order only."""

import json
import textwrap

import matplotlib.figure
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hw1 import labels, looks
from hw1.studies.barriers import heights
from hw1.studies.barriers.claims import parts_at_once
from hw1.tables import AXIS
from jobs import Figure, StudyResults, band, names, style

_MEASURES = {"loss": "loss (cross-entropy)", "error": "error [fraction]"}
_COLUMNS = tuple(f"{split}_{measure}" for split in looks.SPLITS for measure in ("loss", "accuracy"))
_PAIRS = (looks.DEEP, looks.MEDIUM, looks.SHALLOW)
_SAME = ("dataset", "frame", "scaling", "n_train", "n_test", "model", "epochs", "momentum")
"""Fields in which the report's pairs and those of this study must agree to be compared."""
_BARRIER = 0.02
_BESIDE = 0.14
_BELOW_ZERO = 0.04
"""Room under 0, as a share of the axis, so that points at 0 are whole."""
_NAME = 13


def from_initialisation(study: StudyResults) -> matplotlib.figure.Figure:
    """Loss over accuracy along the lines from the initialisation to both ends."""
    rows = study.measured("lines", _COLUMNS)
    figure = style.canvas(height_in=6.4)
    above, below = panels = figure.subplots(2, 1, sharex=True)
    for axes, measure, label in ((above, "loss", _MEASURES["loss"]), (below, "accuracy", "accuracy [fraction]")):
        for line, dashes, marker in (("init-1", "-", "o"), ("init-2", "--", "s")):
            for split, look in looks.SPLITS.items():
                drawn = style.Line(color=look.color, dashes=dashes, marker=marker)
                of_line = rows[rows["line"] == line]
                style.draw(axes, band(of_line, "alpha", f"{split}_{measure}"), drawn, f"{split}, to end {line[-1]}")
        axes.set_ylabel(label)
    style.log_axis_over_decades([above])
    style.legend_above(above, 2)
    panels[-1].set_xlabel(f"{AXIS['alpha']} (0: initialisation, 1: end)")
    return figure


def between(study: StudyResults) -> matplotlib.figure.Figure:
    """Loss and error between the ends, and beside them the barriers of these pairs and of the report's."""
    rows = study.measured("lines", _COLUMNS)
    rows = rows[rows["line"] == "between"]
    found = pd.concat([_report_heights(study), _own_heights(study, rows)], ignore_index=True)
    figure = style.canvas(width_in=9.6, height_in=7.2)
    grid = figure.subplots(2, 2, sharex="col")
    for (along, beside), (measure, label) in zip(grid, _MEASURES.items(), strict=True):
        for look, (name, expected) in zip(_PAIRS, names.settings(study.expected), strict=False):
            of_pair = rows[rows["run_id"].isin(expected["run_id"])]
            _along(along, of_pair, measure, look, name.removeprefix("data order, "))
        _beside(beside, found[found["measure"] == measure])
        along.set_ylabel(label)
        beside.set_ylabel(f"barrier in {label}")
    grid[1][1].axhline(_BARRIER, color=style.GREY, linestyle=":", linewidth=1.2)
    grid[1][1].text(
        0.99, _BARRIER, "barrier: 2 points", transform=grid[1][1].get_yaxis_transform(), ha="right", va="bottom"
    )
    for axes in grid[:, 1]:
        top = axes.get_ylim()[1]
        axes.set_ylim(-_BELOW_ZERO * top, top)
    grid[1][0].set_xlabel(f"{AXIS['alpha']} (0: end 1, 1: end 2)")
    grid[1][1].set_xlabel("what the ends differ in")
    style.legend_above(grid[0][0], 2)
    style.legend_above(grid[0][1], 2)
    return figure


def _values(rows: pd.DataFrame, split: str, measure: str) -> pd.Series:
    return heights.error(rows, split) if measure == "error" else rows[f"{split}_loss"]


def _along(axes: Axes, rows: pd.DataFrame, measure: str, look: style.Line, name: str) -> None:
    if rows.empty:
        return
    for split, dashes in (("train", "-"), ("test", "--")):
        drawn = style.Line(color=look.color, dashes=dashes, marker=look.marker)
        style.draw(axes, band(rows.assign(y=_values(rows, split, measure)), "alpha", "y"), drawn, f"{name}: {split}")


def _beside(axes: Axes, found: pd.DataFrame) -> None:
    """One point a seed, train at the left of test."""
    pairs = list(dict.fromkeys(found["pair"]))
    for (split, look), side in zip(looks.SPLITS.items(), (-_BESIDE, _BESIDE), strict=True):
        points = found[found["split"] == split]
        places = points["pair"].map(pairs.index).to_numpy(float) + side
        axes.plot(places, points["height"], look.marker, color=look.color, markersize=5, alpha=0.7, label=split)
    axes.set_xticks(range(len(pairs)), ["\n".join(textwrap.wrap(pair, _NAME)) for pair in pairs], size=9)
    axes.set_xlim(-0.5, len(pairs) - 0.5)
    axes.grid(visible=False, axis="x")


def _own_heights(study: StudyResults, rows: pd.DataFrame) -> pd.DataFrame:
    found = [
        {
            "pair": name,
            "measure": measure,
            "split": split,
            "height": heights.of_line(line, _values(line, split, measure)),
        }
        for name, expected in names.settings(study.expected)
        for _, line in rows[rows["run_id"].isin(expected["run_id"])].groupby("run_id", sort=False)
        for measure in _MEASURES
        for split in looks.SPLITS
    ]
    return pd.DataFrame(found)


def _report_heights(study: StudyResults) -> pd.DataFrame:
    """Barriers of the report's pairs that are collected and were trained alike, wherever their study is shown."""
    found = []
    for _, run in _report_pairs(study).iterrows():
        path, ends = (_measured(study, table, run["run_id"]) for table in ("paths", "curves"))
        last = [ends[(ends["end"] == end)].nlargest(1, "step") for end in (1, 2)]
        if path.empty or any(end.empty for end in last):
            continue
        alpha = path["alpha"].to_numpy(float)
        for measure in _MEASURES:
            for split in looks.SPLITS:
                first, second = (float(_values(end, split, measure).iloc[0]) for end in last)
                values = _values(path, split, measure).to_numpy(float)
                height = heights.barrier(alpha, values, (first, second))
                found.append({"pair": labels.pair(run), "measure": measure, "split": split, "height": height})
    return pd.DataFrame(found, columns=["pair", "measure", "split", "height"])


def _report_pairs(study: StudyResults) -> pd.DataFrame:
    runs = study.tables.get("runs", pd.DataFrame({"kind": []}))
    chosen = runs[runs["kind"] == "interpolation"]
    if chosen.empty:
        return chosen
    specs = pd.DataFrame([json.loads(text) for text in chosen["spec"]], index=chosen.index)
    own = study.expected.iloc[0]
    alike = np.logical_and.reduce([specs[name] == own[name] for name in _SAME])
    return specs.assign(run_id=chosen["run_id"])[alike].sort_values(
        ["learning_rate_2", "seed"], ascending=[False, True]
    )


def _measured(study: StudyResults, table: str, run_id: str) -> pd.DataFrame:
    rows = study.tables.get(table, pd.DataFrame({"run_id": []}))
    rows = rows[rows["run_id"] == run_id]
    return rows.dropna(subset=[column for column in _COLUMNS if column in rows])


_MEASURED = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
FIGURES = (
    Figure(
        slug="line-from-initialisation",
        title="Loss and accuracy from the initialisation to the ends",
        caption="θ(α) = (1−α)θ₀ + αθ from the initialisation θ₀ to either of two ends θ that differ in data order "
        "only; all train and test images. Logarithmic loss axis.",
        alt="Loss over α above accuracy over α, train and test, on the lines from the initialisation to ends 1 and 2.",
        draw=from_initialisation,
        table="lines",
        columns=_MEASURED,
        of=parts_at_once,
    ),
    Figure(
        slug="barriers",
        title="Barriers between ends that differ in data order, and in more",
        caption="Left: loss and error on the line θ(α) = (1−α)θ₁ + αθ₂ between ends that differ in data order only, "
        "from the initialisation on or after the epochs they share. Right: how far loss and error rise above the "
        "straight line between the ends' values, one point a seed; where collected, those of the report's pairs too.",
        alt="Left, lines of loss and error over α between two ends, train and test; right, points of the barriers' "
        "heights by what the ends differ in: batch size, learning rate, or data order only.",
        draw=between,
        table="lines",
        columns=_MEASURED,
    ),
)
