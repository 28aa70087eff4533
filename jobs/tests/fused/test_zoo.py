"""The zoo: every network by itself, in company, cut, in another order, and against plain torch."""

import random
from itertools import cycle
from typing import Any

import pytest

from jobs.fused import choice
from jobs.state import State
from jobs.tests.fused import made
from jobs.tests.networks import ZOO
from jobs.tests.zoo import OPTIMISERS, spec

pytestmark = pytest.mark.filterwarnings("ignore:There is a performance drop")  # torch's own; speed is measured
QUICK = ("MLP", "BatchNorm1d", "dropout", "control flow on values")
CASES = [(name, optimiser) for name, optimiser in zip(ZOO, cycle(OPTIMISERS), strict=False)]
UNFUSED = {
    "control flow on values": "`if out.abs().mean() > 0.5:`: ",
    "spectral norm": "no batching rule",
    "a value asked for": "x.tolist() and x",
}


def losses(state: State) -> list[float]:
    return [*made.column(state.tables, "zoo.log", "train_loss"), *made.column(state.tables, "zoo.log", "test_loss")]


def cases(*, quick: bool) -> list[Any]:
    return [pytest.param(*case, id=f"{case[0]}-{case[1]}") for case in CASES if (case[0] in QUICK) is quick]


def check_rounding(name: str, optimiser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = [spec(name, optimiser, k, double=True) for k in range(3)]
    together = made.drive(specs)
    way = made.column(together.tables, "runs", "fusion")[0]
    assert way.startswith("loop: ") is (name in UNFUSED)
    assert UNFUSED.get(name, "") in way
    monkeypatch.setattr(choice, "n_lanes", lambda *_: 1)
    assert losses(together) == pytest.approx(losses(made.drive(specs)), rel=1e-6)


def check_bits(name: str, optimiser: str) -> None:
    specs = [spec(name, optimiser, k) for k in range(20)]
    large = list(specs)
    random.Random(0).shuffle(large)
    together = made.drive(large)
    if set(made.column(together.tables, "runs", "bits")) == {"not claimed"}:
        return
    assert not made.differences(made.drive(specs[:3]), together)
    assert not made.differences(made.drive([specs[0]]), together)
    assert not made.differences(made.in_pieces(specs[:2], [1, 2]), together)


@pytest.mark.parametrize(("name", "optimiser"), cases(quick=True))
def test_a_network_has_the_numbers_of_plain_torch_to_rounding_and_its_bits_in_any_company(
    name: str, optimiser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_bits(name, optimiser)
    check_rounding(name, optimiser, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "optimiser"), cases(quick=False))
def test_every_other_network_does_too(name: str, optimiser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_bits(name, optimiser)
    check_rounding(name, optimiser, monkeypatch)
