"""Passes that are written out: the gradients of autograd, the same bits in any company, and no rule where none fits."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from jobs import Data, Module
from jobs.fused import choice, losses
from jobs.fused.built import build
from jobs.fused.fit import Fit
from jobs.fused.layout import Layout
from jobs.fused.stack import Shape
from jobs.tests.fused import made
from jobs.tests.networks import Calls


def gru(*, last: bool = False, **more: Any) -> nn.Module:
    def forward(self: Any, x: Tensor) -> Tensor:
        states, end = self.cell(x[:, :, None])
        out: Tensor = self.last(end[-1] if last else states.flatten(1))
        return out

    n_units = 3 if last else 18 * (1 + more.get("bidirectional", False))
    return Calls(forward, cell=nn.GRU(1, 3, batch_first=True, **more), last=nn.Linear(n_units, 3))


def residual() -> nn.Module:
    def forward(self: Any, x: Tensor) -> Tensor:
        hidden = self.first(x).relu()
        out: Tensor = self.last(hidden + torch.tanh(self.second(hidden)))
        return out

    return Calls(forward, first=nn.Linear(6, 5), second=nn.Linear(5, 5), last=nn.Linear(5, 3))


def twice() -> nn.Module:
    return Calls(lambda s, x: s.last(s.hidden(torch.relu(s.hidden(x)))), hidden=nn.Linear(6, 6), last=nn.Linear(6, 3))


def frozen() -> nn.Module:
    network = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    network[0].weight.requires_grad_(False)  # noqa: FBT003 - torch's
    return network


def convolutions(**more: Any) -> nn.Module:
    first, second = nn.Conv1d(1, 4, 3, stride=2, padding=1, **more), nn.Conv1d(4, 3, 2, bias=False)
    return nn.Sequential(nn.Unflatten(1, (1, 6)), first, nn.ReLU(), second, nn.Tanh(), nn.Flatten(), nn.LazyLinear(3))


WRITTEN: dict[str, Callable[[], nn.Module]] = {
    "one layer": lambda: nn.Linear(6, 3),
    "no bias": lambda: nn.Sequential(nn.Linear(6, 5, bias=False), nn.Linear(5, 5), nn.Linear(5, 3, bias=False)),
    "activations": lambda: nn.Sequential(
        nn.Linear(6, 5), nn.LeakyReLU(0.1), nn.Linear(5, 4), nn.Tanh(), nn.Sigmoid(), nn.Linear(4, 3)
    ),
    "residual": residual,
    "convolutions": convolutions,
    "GRU": gru,
    "GRU in both directions": lambda: gru(bidirectional=True),
}
OTHERS: dict[str, Callable[[], nn.Module]] = {
    "a layer taken twice": twice,
    "frozen": frozen,
    "a negative slope": lambda: nn.Sequential(nn.Linear(6, 3), nn.LeakyReLU(-0.1)),
    "dilation": lambda: convolutions(dilation=2),
    "the last state": lambda: gru(last=True),
    "two layers": lambda: gru(num_layers=2),
}


class Small(Module):
    seed: int
    name: str
    double: bool = True
    target: str = "classes"
    shuffled: bool = True

    def model(self) -> nn.Module:
        network = {**WRITTEN, **OTHERS}[self.name]()
        network(torch.zeros(1, 6))  # a lazy layer learns its size
        return network.double() if self.double else network

    def data(self) -> Data:
        x = torch.randn(20, 6, generator=torch.Generator().manual_seed(1))
        x = x.double() if self.double else x
        y = x[:, :3].argmax(1) if self.target == "classes" else x[:, :3] ** 2
        return Data(train={"x": x, "y": y}, test={"x": x, "y": y})

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.1 * (self.seed % 2))

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        if self.target == "classes":
            return functional.cross_entropy(model(batch["x"]), batch["y"])
        return functional.mse_loss(model(batch["x"]), batch["y"])

    def measure(self, model: nn.Module, data: Data) -> dict[str, Tensor]:
        return {"end": model(data.test["x"]).square().sum()}


SHARED = frozenset({"name", "double", "target"})


def shape(n: int = 3, **values: Any) -> Shape:
    runs = [Small(seed=k, epochs=3, batch=8, **values) for k in range(n)]
    return Shape([build(run, str(k), made.CPU) for k, run in enumerate(runs)], SHARED, lanes=n, has_masks=False)


def trained(seeds: list[int], **values: Any) -> tuple[Fit, dict[int, list[dict[str, Any]]]]:
    runs = [Small(seed=seed, epochs=3, batch=8, **values) for seed in seeds]
    fit = Fit(runs, list(map(str, seeds)), shared=SHARED, device=made.CPU)
    list(fit.train(None, lambda _: None))
    return fit, {seed: fit.results.rows[str(seed)] for seed in seeds}


@pytest.mark.parametrize("target", ["classes", "numbers"])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_written_gradient_is_that_of_autograd(name: str, target: str) -> None:
    of, rows = shape(name=name, target=target), torch.stack([torch.randperm(20)[:7] for _ in range(3)])
    right = choice._gradients(of, rows)
    choice._written(of)
    for one, two in zip(right, choice._gradients(of, rows), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", OTHERS)
def test_what_has_no_rule_trains_in_another_way_to_the_numbers_of_the_loop(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = shape(name=name)
    choice._trace(of)
    assert of.program is None
    _, stacked = trained([0, 1, 2], name=name)
    monkeypatch.setattr(choice, "n_lanes", lambda *_: 1)
    _, looped = trained([0, 1, 2], name=name)
    ends = [[row["end"] for rows in of.values() for row in rows] for of in (stacked, looped)]
    assert ends[0] == pytest.approx(ends[1], rel=1e-9)


@pytest.mark.parametrize("name", ["residual", "convolutions", "GRU in both directions"])
def test_a_run_has_the_same_bits_alone_and_among_twenty_and_the_loop_s_numbers(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, together = trained([*range(19, -1, -1)], name=name, double=False)
    assert set(fit.results.fusion.values()) == {"traced, 32 lanes"}
    assert fit.groups[0][0].run_id == "19"
    if set(fit.results.bits.values()) == {"proven"}:
        assert trained([7], name=name, double=False)[1][7] == together[7]
    _, stacked = trained([0, 1, 2], name=name)
    monkeypatch.setattr(choice, "n_lanes", lambda *_: 1)
    _, looped = trained([0, 1, 2], name=name)
    for seed in range(3):
        assert [row["end"] for row in stacked[seed]] == pytest.approx([row["end"] for row in looped[seed]], rel=1e-9)


def test_a_written_loss_that_differs_from_vmap_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any) -> Callable[[], Tensor]:
        return lambda: torch.zeros(3, dtype=torch.float64)

    monkeypatch.setitem(losses.LOSSES, functional.cross_entropy, wrong)
    of = shape(name="one layer")
    choice._trace(of)
    assert of.program is None


def test_rows_of_a_layout_are_the_parameters_in_their_order_wherever_they_lie() -> None:
    shapes = {"a.weight": torch.Size([2, 3]), "a.bias": torch.Size([2]), "b": torch.Size([])}
    plain, joined = Layout(shapes), Layout(shapes, {"a.weight"})
    rows = torch.arange(18.0).view(2, 9)
    for layout in (plain, joined):
        theta = torch.zeros(2, sum(layout.parts))
        layout.fill(theta, rows)
        assert torch.equal(layout.rows(theta), rows)
        assert torch.equal(layout.tensors(theta)["a.bias"], rows[:, 6:8])
    assert [block.names for block in joined.blocks] == [("a.weight", "a.bias"), ("b",)]


def test_rows_keep_their_order_in_every_epoch_where_they_are_not_shuffled() -> None:
    one = build(Small(seed=3, name="one layer", shuffled=False, epochs=2, batch=8), "", made.CPU)
    assert [rows.tolist() for rows in choice.batch_rows(one, 1) if rows is not None] == [
        [*range(8)],
        [*range(8, 16)],
        [*range(16, 20)],
    ]
    other = build(Small(seed=3, name="one layer", epochs=2, batch=8), "", made.CPU)
    assert torch.cat([rows for rows in choice.batch_rows(other, 1) if rows is not None]).tolist() != [*range(20)]
