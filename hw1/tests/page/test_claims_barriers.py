"""E7 and E8 on made-up lines whose answer is known, both ways."""

import math

import numpy as np
import pytest

from analysis.claims.judge import judged
from analysis.claims.statement import Claim, Verdict
from hw1.tests.page import claim_frames
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import BY_NAME, studies

E7, E8 = (BY_NAME[name] for name in ("E7", "E8"))

HOLDS, FAILS, OPEN = Verdict.HOLDS, Verdict.FAILS, Verdict.OPEN
_N = 10


def _lines(*, bump: float = 0.0, first: float = 0.2, later: float = 0.0, n: int = _N) -> Sweep:
    """A bump on the way to end 2 only; hills of these heights in loss between the ends, half as high in error."""

    def loss(line: str, shared: int, seed: int, alpha: np.ndarray) -> np.ndarray:
        blur = 1 + 0.1 * np.random.default_rng((seed, shared)).uniform(-1, 1)
        if line == "between":
            return 0.01 + (later if shared else first) * blur * np.sin(np.pi * alpha)
        return 2.3 - 2.2 * alpha + blur * bump * (line == "init-2") * (alpha == 0.5)

    return claim_frames.between(n, loss)


def _verdicts(sweep: Sweep, claim: Claim) -> list[Verdict]:
    return [statement.verdict for statement in judged(studies(*sweep), [claim])[0].statements]


def test_e7_both_ways() -> None:
    assert _verdicts(_lines(), E7) == [HOLDS]
    assert _verdicts(_lines(bump=1.0), E7) == [FAILS]


def test_e7_allows_a_rise_too_small_to_matter() -> None:
    step = 2.2 / 16
    assert _verdicts(_lines(bump=step + 0.01), E7) == [HOLDS]
    assert _verdicts(_lines(bump=step + 0.04), E7) == [FAILS]


def test_e8_both_ways() -> None:
    assert _verdicts(_lines(first=0.2, later=0.01), E8) == [HOLDS] * 3
    assert _verdicts(_lines(first=0.01, later=0.2), E8) == [FAILS] * 3


def test_e8_finds_no_barrier_where_there_is_none_to_remove() -> None:
    assert _verdicts(_lines(first=0.01, later=0.01), E8) == [FAILS, HOLDS, FAILS]


def test_e8_s_heights_are_those_that_were_made() -> None:
    barrier, none, lower = judged(studies(*_lines(first=0.2, later=0.02)), [E8])[0].statements
    assert barrier.effect == pytest.approx(0.1 - 0.02, rel=0.1)
    assert none.effect == pytest.approx(0.02 - 0.01, rel=0.2)
    assert lower.effect == pytest.approx(0.2 - 0.02, rel=0.1)


@pytest.mark.parametrize("claim", [E7, E8], ids=lambda claim: claim.name)
def test_one_or_four_seeds_are_too_few(claim: Claim) -> None:
    for n in (1, 4):
        found = judged(studies(*_lines(n=n)), [claim])[0]
        assert {(s.verdict, s.n_seeds) for s in found.statements} == {(OPEN, n)}
        assert all(math.isnan(s.low) and s.effect >= s.matters for s in found.statements)


def test_a_seed_of_which_a_pair_is_missing_is_left_out_where_both_are_needed() -> None:
    sweep = _lines()
    lost = sweep.manifest.loc[(sweep.manifest["seed"] == 3) & (sweep.manifest["shared_epochs"] > 0), "run_id"]
    found = judged(studies(*sweep.less(lost)), [E8])[0]
    assert [s.n_seeds for s in found.statements] == [_N, _N - 1, _N - 1]
