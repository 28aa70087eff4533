"""Modules packed, alone, in another order, cut and continued: the same numbers to the last bit."""

import random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from jobs import Data, Module, grid, study
from jobs.fused import choice
from jobs.spec import Spec
from jobs.tests.fused import made
from jobs.tests.projects.nets import Nets

KIND = Nets.study.kinds[0]  # type: ignore[attr-defined]  # the decorator gave it


def spec(k: int) -> Spec:
    made_: Spec = KIND(width=8, lr=(1e-2, 3e-3)[k % 2], seed=k, decay=0.01 * (k % 3 + 1), epochs=3, batch=16)
    return made_


def test_a_run_has_the_same_bits_alone_in_a_pack_of_3_and_in_one_of_40_in_another_order() -> None:
    specs = [spec(k) for k in range(40)]
    large = list(specs)
    random.Random(0).shuffle(large)
    together = made.drive(large)
    assert set(made.column(together.tables, "runs", "bits")) == {"proven"}
    assert set(made.column(together.tables, "runs", "fusion")) == {"traced, 32 lanes"}
    for fewer in (specs[:3], [specs[0]], [specs[17]]):
        assert not made.differences(made.drive(fewer), together)


ACTIVATIONS = {"sigmoid": nn.Sigmoid, "elu": nn.ELU, "softplus": nn.Softplus, "silu": nn.SiLU}
"""Of which torch computes the tail of a tensor by other functions than the rest."""


@study(runs=grid(activation="elu", n_rows=5, seed=0), epochs=6, batch=5)
class Odd(Module):
    activation: str
    n_rows: int
    seed: int

    def model(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 5), ACTIVATIONS[self.activation](), nn.Linear(5, 1))

    def data(self) -> Data:
        x = torch.randn(3 * self.n_rows, 3, generator=torch.Generator().manual_seed(1))
        y = x.sum(1, keepdim=True)
        return Data(train={"x": x, "y": y}, test={"x": x[:5], "y": y[:5]})

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), lr=0.03)

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return functional.mse_loss(model(batch["x"]), batch["y"])

    def measure(self, model: nn.Module, data: Data) -> dict[str, Tensor]:
        return {"test_error": functional.mse_loss(model(data.test["x"]), data.test["y"])}


def odd(activation: str, n_rows: int) -> list[Spec]:
    kind = Odd.study.kinds[0]  # type: ignore[attr-defined]
    return [kind(activation=activation, n_rows=n_rows, seed=k, epochs=6, batch=n_rows) for k in range(96)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_sizes_that_leave_a_tail_in_each_lane_leave_none_in_a_stack(activation: str) -> None:
    specs = odd(activation, 5)
    together = made.drive(specs)
    assert set(made.column(together.tables, "runs", "bits")) == {"proven"}
    assert not made.differences(made.drive(specs[::-1]), together)
    assert not made.differences(made.drive([specs[31]]), together)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_measures_of_a_stack_too_small_for_that_have_the_same_bits_in_another_order(
    activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "n_lanes", lambda *_: 16)
    specs = odd(activation, 6)  # 16 lanes of 6 rows of 5 units are whole, of the 5 rows of the test set not
    together = made.drive(specs)
    assert set(made.column(together.tables, "runs", "bits")) == {"proven"}
    assert not made.differences(made.drive(specs[::-1]), together)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_step_whose_tails_may_have_other_bits_is_not_claimed_to_have_the_same(
    activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "n_lanes", lambda *_: 16)
    together = made.drive(odd(activation, 5)[:2])
    assert set(made.column(together.tables, "runs", "bits")) == {"not claimed"}


@pytest.mark.parametrize("cuts", [[1, 1, 4], [3, 5], [7, 1]])
def test_a_pack_cut_at_any_step_and_continued_has_the_same_bits(cuts: list[int]) -> None:
    specs = [spec(k) for k in range(18)]
    assert not made.differences(made.drive(specs), made.in_pieces(specs, cuts))


def test_the_process_s_own_generators_change_nothing() -> None:
    whole = made.drive([spec(0)])
    torch.manual_seed(5)
    assert not made.differences(whole, made.drive([spec(0)]))
