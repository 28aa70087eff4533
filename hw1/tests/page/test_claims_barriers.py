"""E7 and E8 on made-up lines whose answer is known, both ways."""

import numpy as np
import pytest

from analysis.claims.statement import Verdict
from hw1.tests.page import claim_frames
from hw1.tests.page.claim_frames import FIRST, N, counts, effects, noise, verdicts
from hw1.tests.page.conftest import Sweep

HOLDS, SAME, OPPOSITE = Verdict.HOLDS, Verdict.SAME, Verdict.OPPOSITE


def _lines(*, bump: float = 0.0, first: float = 0.2, later: float = 0.0) -> Sweep:
    """A bump on the way to end 2 only; hills of these heights in loss between the ends, half as high in error."""

    def loss(line: str, shared: int, seed: int, alpha: np.ndarray) -> np.ndarray:
        blur = 1 + 0.1 * noise(seed, shared)
        if line == "between":
            return 0.01 + (later if shared else first) * blur * np.sin(np.pi * alpha)
        return 2.3 - 2.2 * alpha + blur * bump * (line == "init-2") * (alpha == 0.5)

    return claim_frames.between(loss)


def test_e7_both_ways_and_where_a_rise_is_too_small_to_matter() -> None:
    step = 2.2 / 16
    for bump, verdict in ((0.0, HOLDS), (step, HOLDS), (step + 0.05, OPPOSITE), (1.0, OPPOSITE)):
        assert verdicts(_lines(bump=bump), "E7") == [verdict]


def test_e8_both_ways() -> None:
    assert verdicts(_lines(first=0.2, later=0.01), "E8") == [HOLDS] * 3
    assert verdicts(_lines(first=0.01, later=0.2), "E8") == [OPPOSITE] * 3


def test_e8_finds_no_barrier_where_there_is_none_to_remove() -> None:
    assert verdicts(_lines(first=0.01, later=0.01), "E8") == [OPPOSITE, HOLDS, SAME]


def test_e8_s_heights_are_those_that_were_made_and_a_seed_that_lacks_a_pair_is_left_out_where_both_are_needed() -> None:
    sweep = _lines(first=0.2, later=0.02)
    assert effects(sweep, "E8") == pytest.approx([0.1 - 0.02, 0.02 - 0.01, 0.2 - 0.02], rel=0.2)
    lost = sweep.manifest.loc[(sweep.manifest["seed"] == FIRST) & (sweep.manifest["shared_epochs"] > 0), "run_id"]
    assert counts(sweep.less(lost), "E8") == [N, N - 1, N - 1]
