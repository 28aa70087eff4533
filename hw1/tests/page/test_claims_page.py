"""Verdicts as the pages show them."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import render
from analysis.claims import page
from analysis.claims.judge import judged
from analysis.claims.statement import Statement, Verdict
from hw1.tests.page import claim_frames
from hw1.tests.page.conftest import Report, Sweep
from hw1.tests.page.shown import CLAIMS, FIGURES, LIGHT, studies

BY_SLUG = {figure.slug: figure for figure in FIGURES}


def _found(report: Report, name: str) -> str:
    return (report.folder / name).read_text()


def test_the_verdict_table_stands_after_the_title_and_one_short_paragraph(report: Report) -> None:
    html = re.search(r"</h1>\s*<p>(.*?)</p>\s*<table class=\"claims\"", _found(report, "report.html"), re.DOTALL)
    markdown = re.match(r"# [^\n]+\n+([^\n]+)\n+\| the report says \| verdict \|", _found(report, "report.md"))
    for lead in (html, markdown):
        assert lead
        assert "248 of 250 runs done" in lead[1]
        assert len(re.sub(r"<[^>]+>", "", lead[1])) < 160


def test_both_pages_have_every_claim_in_the_report_s_words_with_verdict_and_figures(report: Report) -> None:
    html, markdown = (_found(report, name) for name in ("report.html", "report.md"))
    figures = {entry.slug: entry for entry in FIGURES}
    for claim in CLAIMS:
        assert f'<a href="#claim-{claim.name}">{claim.name}</a> “{claim.words}”' in html
        assert html.count(f'<h4 id="claim-{claim.name}">') == 1
        row = next(line for line in markdown.splitlines() if line.startswith(f"| {claim.name} "))
        assert ("✓ **holds**" if claim.name == "C5" else "? **too few seeds to say**") in row  # one seed, but 100 runs
        for figure in (figures[slug] for slug in claim.figures):
            number = figure.number
            assert f'<a href="#figure-{number}" aria-label="Figure {number}">{number}</a>' in html
            assert f"[{number}](figures/{figure.name}.png)" in row


def test_every_section_has_its_claims_before_its_settings_and_figures(report: Report) -> None:
    html = _found(report, "report.html")
    sections = dict(re.findall(r'<section id="(\w+)"(.*?)</section>', html, flags=re.DOTALL))
    for claim in CLAIMS:
        section = sections[claim.study]
        at = section.index(f'id="claim-{claim.name}"')
        assert at < section.index("Settings</h4>") < section.index("<figure")


def test_verdicts_differ_in_words_and_marks_and_not_by_colour() -> None:
    assert len(set(page._MARKS.values())) == len(Verdict) == len(page._MARKS)
    style = (Path(page.__file__).parents[1] / "templates/report.css.j2").read_text()
    assert all("color" not in rule for rule in re.findall(r"\.verdict[^}]*}", style))


@pytest.fixture
def clear() -> Sweep:
    """Eight seeds with which LeNet is half the CNN's loss, and less accurate."""
    return claim_frames.task(
        8,
        lambda model, seed: {
            "train_loss": (0.02 if model == "lenet" else 0.04) * (1 + seed),
            "running_loss": (0.02 if model == "lenet" else 0.04) * (1 + seed),
            "test_accuracy": (0.97 if model == "lenet" else 0.99) - 1e-3 * seed,
        },
    )


def test_a_row_shows_the_statement_on_which_the_verdict_hangs(clear: Sweep) -> None:
    row = page.row(judged(studies(*clear), CLAIMS)[2], BY_SLUG)
    assert (row["mark"], row["verdict"], row["seeds"]) == ("±", "mixed", 8)
    assert row["count"] == "of 3 statements, 2 hold, 1 does not"
    assert (row["effect"], row["about"]) == ("−2 points (−2 to −2)", "test accuracy, LeNet − CNN")
    assert row["figures"] == [{"number": n, "png": f"figures/{FIGURES[n - 1].name}.png"} for n in (7, 8)]


def test_a_section_shows_every_statement_with_its_chances(clear: Sweep) -> None:
    detail = page.detail(judged(studies(*clear), CLAIMS)[2], BY_SLUG)
    rows = detail["statements"].rows
    assert [row[1] for row in rows] == ["✓ holds", "✓ holds", "✗ does not hold"]
    assert rows[0][2:] == ("×2 (×2 to ×2)", "train loss, CNN ÷ LeNet", "×1.1", "8", "0.012", "1")
    assert len(detail["statistics"]) == 3


def test_the_notes_say_how_many_tests_are_accounted_for_and_how_many_seeds_that_takes(clear: Sweep) -> None:
    tests = page.notes([("", judged(studies(*clear), CLAIMS))])[1]
    assert "Holm's method" in tests
    assert "3 statements tested here: a mean over seeds takes at least 6 of them" in tests
    few = Sweep(clear.manifest[clear.manifest["seed"] == 0], clear.tables)
    assert "no statement has enough seeds to be tested here" in page.notes([("", judged(studies(*few), CLAIMS))])[1]


def test_a_page_without_claims_has_no_rules_for_them() -> None:
    assert page.notes([]) == []


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"effect": math.nan, "low": math.nan, "high": math.nan}, "not measured"),
        ({"effect": 0.5, "low": math.nan, "high": math.nan}, "0.5 (no interval)"),
        ({"effect": -0.5, "low": -1.0, "high": 0.25}, "−0.5 (−1 to 0.25)"),
        ({"effect": 1.0, "low": 0.0, "high": 2.0, "scale": "factor"}, "×10 (×1 to ×100)"),
    ],
)
def test_effects_are_shown_in_their_scale(clear: Sweep, values: dict[str, object], text: str) -> None:
    plain: Statement = replace(judged(studies(*clear), CLAIMS)[2].statements[0], scale="number")
    assert page.effect(replace(plain, **values)) == text  # type: ignore[arg-type]


def test_a_clear_result_reaches_the_page(clear: Sweep, tmp_path: Path) -> None:
    render.write_report(LIGHT, *clear, tmp_path)
    assert '<span aria-hidden="true">±</span> mixed' in (tmp_path / "report.html").read_text()
    assert "± **mixed**, of 3 statements, 2 hold, 1 does not" in (tmp_path / "report.md").read_text()
