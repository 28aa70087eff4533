"""Verdicts as the pages show them."""

import html
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.claims import page
from analysis.claims.judge import Judgement
from analysis.claims.statement import Verdict
from hw1.tests.page import claim_frames
from hw1.tests.page.claim_frames import FIRST, judgement
from hw1.tests.page.conftest import Report, Sweep
from hw1.tests.page.shown import CLAIMS, FIGURES

BY_SLUG = {figure.slug: figure for figure in FIGURES}


def test_both_pages_have_every_claim_in_the_report_s_words(report: Report) -> None:
    texts = [(report.folder / name).read_text() for name in ("report.html", "report.md")]
    for claim in CLAIMS:
        for text in texts:
            assert re.search(rf"\b{claim.name}\b", text)
        assert html.escape(claim.words, quote=False) in html.unescape(texts[0]).replace("&", "&amp;")


def test_verdicts_differ_in_words_and_their_colours_never_say_more_than_their_marks() -> None:
    assert set(page._MARKS) == set(Verdict)
    assert {page._MARKS[v] for v in page._KINDS}.isdisjoint(page._MARKS[v] for v in Verdict if v not in page._KINDS)
    style = (Path(page.__file__).parents[1] / "templates/report.css.j2").read_text()
    coloured = re.findall(r"\.verdict\.(\w+) span {[^}]*color", style)
    assert sorted(coloured) == sorted({*page._KINDS.values()} - {"open"})


@pytest.fixture(scope="module")
def clear() -> Sweep:
    """Ten seeds with which LeNet is half the CNN's loss, and less accurate."""

    def final(model: str, seed: int) -> dict[str, float]:
        loss = (0.02 if model == "lenet" else 0.04) * (1 + seed)
        return {"train_loss": loss, "running_loss": loss, "test_accuracy": 0.97 if model == "lenet" else 0.99}

    return claim_frames.task(final)


@pytest.fixture(scope="module")
def found(clear: Sweep) -> Judgement:
    return judgement(clear, "C3")


def test_a_row_shows_the_statement_on_which_the_verdict_hangs_and_of_what_holds_in_part_first_what_does(
    found: Judgement,
) -> None:
    row = page.row(found, BY_SLUG)
    assert (row["mark"], row["verdict"], row["seeds"]) == ("±", "holds in part", "0 of 10 seeds")
    holds, fails = str(row["finding"]).split("; but ")
    assert holds == found.statements[0].finding
    assert fails == "LeNet ends at a test accuracy of 97%, the CNN at 99%"
    assert [figure["number"] for figure in row["figures"]] == [BY_SLUG[slug].number for slug in found.claim.figures]


def test_a_section_shows_every_statement_with_its_interval(found: Judgement) -> None:
    rows = page.detail(found, BY_SLUG)["statements"].rows
    assert [row[1] for row in rows] == ["✓ holds", "✓ holds", "✗ the opposite"]
    assert rows[0][3:] == ("×2 (×2 to ×2), train loss, CNN ÷ LeNet", "×1.1", "10 of 10 seeds")


def test_where_seeds_are_too_few_the_page_says_how_many_would_settle_it(clear: Sweep) -> None:
    few = judgement(Sweep(clear.manifest[clear.manifest["seed"] < FIRST + 3], clear.tables), "C3")
    assert page.seeds(few.turns_on) == "3 of 3 seeds; about 10 would settle it"
    assert page.effect(few.turns_on) == "×2 (no interval yet)"
    none = judgement(Sweep(clear.manifest[clear.manifest["seed"] < FIRST], clear.tables), "C3")
    assert page.found(none.turns_on) == "Nothing was run that judges this."
    assert page.seeds(none.turns_on) == "none yet; about 10 would settle it"


def test_the_notes_name_the_number_of_claims_and_a_page_without_claims_has_none(found: Judgement) -> None:
    assert "19 claims" in page.notes(19, [found])[1]
    assert page.notes(19, []) == []


@pytest.mark.parametrize(
    ("values", "scale", "text"),
    [
        ((math.nan, -math.inf, math.inf), "number", "not known"),
        ((0.5, -math.inf, math.inf), "number", "0.5 (no interval yet)"),
        ((-0.5, -1.0, 0.25), "number", "−0.5 (−1 to 0.25)"),
        ((1.0, 0.0, 2.0), "factor", "×10 (×1 to ×100)"),
        ((1.0, 0.0, math.inf), "factor", "×10 (at least ×1)"),
        ((0.5, -math.inf, 0.75), "points", "50 points (at most 75)"),
    ],
)
def test_effects_are_shown_in_their_scale(
    found: Judgement, values: tuple[float, float, float], scale: str, text: str
) -> None:
    judged = found.statements[0]
    interval = replace(judged.interval, **dict(zip(("effect", "low", "high"), values, strict=True)))
    assert page.effect(replace(judged, interval=interval, statement=replace(judged.statement, scale=scale))) == text  # type: ignore[arg-type]
