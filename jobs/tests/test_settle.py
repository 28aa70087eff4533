"""`hw1 settle` trains what open claims need and no more; `hw1 plan` says how much that is."""

import re
from pathlib import Path

import pytest

from analysis.claims.betting import fewest
from analysis.claims.judge import LEVEL
from jobs.tests.commands import hw1
from results.store import Store

ENOUGH = fewest(LEVEL / 2)
"""Seeds that settle one of two claims where all agree."""
COINS = str(Path(__file__).parent / "projects" / "coins.py")


def _typed(*words: str) -> tuple[int, str]:
    ended = hw1(*words)
    return ended.returncode, ended.stdout + ended.stderr


def test_a_true_claim_is_settled_by_as_many_seeds_as_the_project_s_claims_ask_for(tmp_path: Path) -> None:
    code, said = _typed("-p", COINS, "settle", "biased", "--local", "--out", str(tmp_path))
    assert code == 0, said
    assert len(Store(tmp_path).done()) == ENOUGH
    assert "biased: holds" in said
    assert f"{ENOUGH} of {ENOUGH} seeds" in said
    code, again = _typed("-p", COINS, "settle", "biased", "--local", "--out", str(tmp_path))
    assert (code, len(Store(tmp_path).done())) == (0, ENOUGH), again


def test_a_claim_with_nothing_to_it_stays_open_until_the_budget_is_spent(tmp_path: Path) -> None:
    code, said = _typed("-p", COINS, "settle", "fair", "--local", "--most", "12", "--out", str(tmp_path))
    assert code == 1, said
    assert len(Store(tmp_path).done()) == 12
    assert "fair: open" in said
    assert "12 seeds of each study are trained: `--most N` allows more" in said


def test_a_budget_of_time_begins_no_round_that_would_outlast_it(tmp_path: Path) -> None:
    code, said = _typed("-p", COINS, "settle", "--local", "--hours", "1e-9", "--out", str(tmp_path))
    assert code == 1, said
    assert "2 of 2 claim(s) stay open: a round more would end after 1e-09 hours" in said
    assert not (tmp_path / "store").exists()


def test_the_plan_says_what_each_open_claim_needs(tmp_path: Path) -> None:
    code, said = _typed("-p", COINS, "plan", "--claims", "--out", str(tmp_path))
    assert code == 0, said
    assert re.search(rf"open +biased: none yet; about {ENOUGH} would settle it: {ENOUGH} runs, ", said)
    assert "`hw1 settle CLAIM` trains what an open claim needs" in said
    _typed("-p", COINS, "settle", "biased", "--local", "--out", str(tmp_path))
    _, said = _typed("-p", COINS, "plan", "--claims", "--out", str(tmp_path))
    assert "biased:" not in said
    assert "fair: none yet" in said


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("baised", "--local"), "unknown claim 'baised': it must be one of biased, fair; did you mean biased?"),
        ((), "`--local` trains here"),
        (("--local", "--smoke"), "leave `--smoke` out"),
        (("--local", "--most", "0"), "`--most` must be at least 1, got 0"),
        (("--local", "--hours", "0"), "`--hours` must be above 0, got 0"),
    ],
)
def test_what_cannot_be_settled_is_told_before_anything_starts(
    typed: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    code, said = _typed("-p", COINS, "settle", *typed, "--out", str(tmp_path))
    assert code == 2, said
    assert told in said
    assert not (tmp_path / "store").exists()
