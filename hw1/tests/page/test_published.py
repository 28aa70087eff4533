"""Printed numbers held against made-up runs, and the section that shows them."""

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.markup import template
from hw1 import published
from hw1.project import PROJECT
from hw1.published import Row, Status
from hw1.published.measured import setting
from hw1.published.printed import Series, printed
from hw1.published.status import MIN_SEEDS, Scale
from hw1.specs import FunctionFit
from hw1.tables import TABLES

Tables = dict[str, pd.DataFrame]
_ALL = printed().series


def _runs(of: Series, n_seeds: int, **final: Any) -> pd.DataFrame:
    specs = [json.dumps({**of.spec, "seed": seed, "schema": FunctionFit.schema}) for seed in range(n_seeds)]
    ids = [PROJECT.spec(spec).run_id for spec in specs]
    return _table("runs", {"run_id": ids, "spec": specs, **final})


def _table(name: str, columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns).reindex(columns=[column.name for column in TABLES[name]])


def _made(of: Series, n_seeds: int, curve: Callable[[float, int], float]) -> Tables:
    """Runs of one series whose value at every printed step is made from the printed one and the seed."""
    runs = _runs(of, n_seeds)
    curves = [
        {"run_id": run_id, "end": of.end, "step": step, of.column: curve(value, seed)}
        for seed, run_id in enumerate(runs["run_id"])
        for step, value in of.printed
    ]
    return {"runs": runs, "curves": _table("curves", curves)}


def _rows(of: Series, tables: Tables) -> tuple[Row, ...]:
    (found,) = [rows for rows in published.rows(tables) if rows[0].series is of]
    return found


def _series(study: str, model: str, column: str) -> Series:
    (found,) = [s for s in _ALL if (s.study, s.model, s.column) == (study, model, column)]
    return found


_LOSS = _series("simulate", "f1 medium", "train_loss")
_ACCURACY = _series("actual_task", "CNN", "test_accuracy")


@pytest.mark.parametrize("of", [s for s in _ALL if s.step], ids=lambda s: f"{s.study}-{s.model}-{s.column}")
def test_runs_that_scatter_around_the_printed_values_reproduce_all_of_them(of: Series) -> None:
    rows = _rows(of, _made(of, 5, lambda value, seed: value * (0.9 + 0.05 * seed)))
    assert {row.status for row in rows} == {Status.INSIDE}
    assert [row.printed for row in rows] == [value for _, value in of.printed]
    assert rows[-1].ours == pytest.approx(rows[-1].printed)
    assert rows[-1].low == pytest.approx(0.9 * rows[-1].printed)
    assert rows[-1].high == pytest.approx(1.1 * rows[-1].printed)
    assert rows[-1].n_seeds == rows[-1].n_runs == 5


@pytest.mark.parametrize("of", [_LOSS, _ACCURACY, _series("gradient_norm", "f1 deep", "train_loss")])
def test_runs_far_from_the_printed_values_reproduce_none(of: Series) -> None:
    rows = _rows(of, _made(of, 5, lambda value, seed: value * (0.5 + 0.01 * seed)))
    assert {row.status for row in rows} == {Status.OUTSIDE}


def test_without_runs_nothing_is_run() -> None:
    for tables in ({}, {name: pd.DataFrame({c.name: [] for c in columns}) for name, columns in TABLES.items()}):
        rows = [row for series in published.rows(tables) for row in series]
        assert {row.status for row in rows} == {Status.NOT_RUN}
        assert all(np.isnan(row.ours) and row.n_seeds == 0 for row in rows)


def test_runs_with_one_other_setting_do_not_count() -> None:
    made = _made(_LOSS, 5, lambda value, _: value)
    for change in ({"max_iterations": 300}, {"output_bias": False}, {"function": "sign_sinc"}):
        other = made["runs"].assign(spec=[json.dumps(json.loads(s) | change) for s in made["runs"]["spec"]])
        assert {row.status for row in _rows(_LOSS, made | {"runs": other})} == {Status.NOT_RUN}


def test_seeds_that_stopped_before_a_step_are_not_counted_there() -> None:
    made = _made(_LOSS, 5, lambda value, _: value)
    last = _LOSS.printed[-1][0]
    early = made["curves"]["run_id"].isin(made["runs"]["run_id"][:3]) & (made["curves"]["step"] == last)
    rows = _rows(_LOSS, made | {"curves": made["curves"][~early]})
    assert [row.n_seeds for row in rows[-2:]] == [5, 2]
    none = _rows(_LOSS, made | {"curves": made["curves"][made["curves"]["step"] < last]})
    assert [row.status for row in none[-2:]] == [Status.INSIDE, Status.NOT_REACHED]


def test_seeds_that_met_their_rule_before_a_step_keep_their_last_loss_there() -> None:
    made = _made(_LOSS, 5, lambda value, _: value)
    (before, one), (last, value) = _LOSS.printed[-2:]
    early = made["curves"]["run_id"].isin(made["runs"]["run_id"][:3]) & (made["curves"]["step"] == last)
    runs = made["runs"].assign(converged=[True, True, False, False, True])
    *_, there, at = _rows(_LOSS, {"runs": runs, "curves": made["curves"][~early]})
    assert (there.step, there.n_seeds, at.n_seeds) == (before, 5, 4), "the third was cut, and nothing is known of it"
    assert {at.low, at.high} == {min(one, value), max(one, value)}


def test_a_run_that_is_there_twice_counts_once_and_infinite_values_not_at_all() -> None:
    made = _made(_LOSS, 5, lambda value, seed: np.inf if seed == 4 else value)
    twice = made | {"runs": pd.concat([made["runs"], made["runs"]])}
    assert {row.n_seeds for row in _rows(_LOSS, twice)} == {4}


def test_the_two_ends_of_a_pair_are_told_apart() -> None:
    small, large = (s for s in _ALL if s.study == "interpolation")
    tables = _made(small, 5, lambda value, _: value)
    tables["curves"] = pd.concat([tables["curves"], _made(large, 5, lambda value, _: 2 * value)["curves"]])
    assert {row.status for row in _rows(small, tables)} == {Status.INSIDE}
    assert {row.status for row in _rows(large, tables)} == {Status.OUTSIDE}


def test_figures_of_a_whole_run_come_from_its_row() -> None:
    runs = _runs(_LOSS, 4, n_params=546, n_steps=18_999, converged=[True, False, False, None])
    tables = {"runs": runs}
    (size,) = _rows(_series("simulate", "f1 medium", "n_params"), tables)
    (stopped,) = _rows(_series("simulate", "f1 medium", "n_steps"), tables)
    (met,) = _rows(_series("simulate", "f1 medium", "converged"), tables)
    assert (size.ours, size.status) == (546, Status.INSIDE)
    assert (stopped.ours, stopped.status) == (18_500, Status.INSIDE)
    assert (met.n_seeds, met.status) == (3, Status.CLOSE)
    assert _rows(_LOSS, tables)[0].status is Status.NOT_REACHED


@pytest.mark.parametrize("of", _ALL, ids=lambda s: f"{s.study}-{s.model}-{s.column}")
def test_every_spec_is_complete_and_every_printed_step_within_its_run(of: Series) -> None:
    spec = PROJECT.spec(json.dumps({**of.spec, "seed": 0, "schema": FunctionFit.schema}))
    assert setting(json.loads(spec.canonical())) == setting(of.spec)
    longest = spec.max_iterations if isinstance(spec, FunctionFit) else spec.values()["epochs"]
    assert not of.step or [step for step, _ in of.printed] == sorted({step for step, _ in of.printed})
    assert max(step for step, _ in of.printed) <= longest
    assert all(value == round(value, of.decimals) for _, value in of.printed) or of.study == "parameters"


@pytest.mark.parametrize("of", [s for s in _ALL if s.scale is Scale.COUNT], ids=lambda s: f"{s.study}-{s.model}")
def test_printed_numbers_of_parameters_are_those_of_the_specs(of: Series) -> None:
    ends = (784, 10) if of.study == "parameters" else (1, 1)
    widths = [ends[0], *of.spec["hidden"], ends[1]]
    assert of.printed[0][1] == sum((a + 1) * b for a, b in itertools.pairwise(widths))


def test_every_difference_and_departure_quotes_both_sides() -> None:
    known = printed()
    assert len(known.differences) >= 10
    for item in known.differences:
        assert all((item.text, item.text_where, item.notebook, item.notebook_where))
    assert all(item.notebook_where and item.ours for item in known.departures)


def test_the_section_counts_words_and_commands_what_is_missing() -> None:
    made = _made(_ACCURACY, 2, lambda value, seed: value + (0.0005 if seed else -0.0001))
    section = published.section(made)
    (line,) = [line for line in section.overview if line.model == "CNN" and line.quantity == "test accuracy"]
    assert (line.printed, line.ours, line.effect) == ("99.27%", "mean 99.29%", "+0.02 points")
    assert (line.spread, line.seeds) == ("99.26% to 99.32%; s.d. 0.04 points", "2 seeds")
    assert (line.status, line.along) == ("✓ inside our seeds’ range", "9 of 9 inside our seeds’ range")
    assert section.count == "Last printed values: 1 of 35 inside our seeds’ range, 1 not reached, 33 not run."
    assert "simulate (not run)" in section.missing
    assert f"hw1 submit --local --preset notebook --seeds {MIN_SEEDS} --study simulate" in section.commands
    assert section.commands[-1].startswith(f"hw1 collect --preset notebook --seeds {MIN_SEEDS} --study simulate")


def test_studies_with_too_few_seeds_are_named_with_how_many_they_have() -> None:
    of = _series("gradient_norm", "f1 deep", "train_loss")
    few = published.section(_made(of, MIN_SEEDS - 1, lambda value, _: value))
    assert f"gradient_norm ({MIN_SEEDS - 1} seeds)" in few.missing
    enough = published.section(_made(of, MIN_SEEDS, lambda value, _: value))
    assert "gradient_norm" not in enough.missing + " ".join(enough.commands)


def test_small_losses_are_in_powers_of_ten_and_medians_have_quartiles() -> None:
    section = published.section(_made(_LOSS, 5, lambda value, seed: value * (0.9 + 0.05 * seed)))
    (line,) = [line for line in section.overview if line.model == "f1 medium"]
    assert (line.printed, line.ours, line.effect) == ("1.0e-3", "median 1.0e-3", "×1.00")
    assert line.spread == "9.0e-4 to 1.1e-3; quartiles 9.5e-4 to 1.1e-3"


def test_enough_seeds_of_everything_leave_no_command() -> None:
    made = [(s, _made(s, MIN_SEEDS, lambda value, _: value)) for s in _ALL if s.step]
    runs = {run_id: spec for _, part in made for run_id, spec in part["runs"][["run_id", "spec"]].to_numpy()}
    curves: dict[tuple[Any, ...], dict[str, Any]] = {}
    for series, part in made:
        for row in part["curves"][["run_id", "end", "step", series.column]].to_dict("records"):
            curves.setdefault((row["run_id"], row["end"], row["step"]), {}).update(row)
    tables = {"runs": _table("runs", {"run_id": list(runs), "spec": list(runs.values())})}
    section = published.section(tables | {"curves": _table("curves", list(curves.values()))})
    assert (section.missing, section.commands) == ("", ())
    assert section.count == "Last printed values: 35 of 35 inside our seeds’ range."


def test_both_partials_show_every_line_and_stay_tables() -> None:
    section = published.section(_made(_LOSS, 5, lambda value, seed: value * (0.9 + 0.05 * seed)))
    page = template("hw1.published", "published.html.j2").render(published=section)
    text = template("hw1.published", "published.md.j2").render(published=section)
    n_lines = sum(len(lines) for _, lines in section.all_values) + len(section.overview) + len(section.whole)
    n_quoted = len(section.differences) + len(section.departures)
    assert page.count('<tr role="row"><th scope="row"') == n_lines + n_quoted
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == n_lines + n_quoted + 2 * (len(section.all_values) + 4)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {13, 5}
    for rule in section.rules:
        assert rule.replace("_", r"\_") in text
    assert "transforms.Normalize((0.1309,)" in text
    assert "range</strong>" in page
    assert all(command in page and command in text for command in section.commands)
