"""Stacks against plain torch in float64: the same numbers to rounding."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn, optim
from torch.nn import functional

from jobs import Data, Module, grid, study
from jobs.fused.streams import order
from jobs.tests.fused import made

OPTIMISERS: dict[str, Any] = {
    "SGD": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "SGD, plain": {"lr": 0.05},
    "SGD, damped": {"lr": 0.05, "momentum": 0.9, "dampening": 0.1},
    "Adam": {"lr": 0.01, "weight_decay": 0.01},
    "Adam, amsgrad": {"lr": 0.01, "amsgrad": True},
    "AdamW": {"lr": 0.01, "weight_decay": 0.1},
    "RMSprop": {"lr": 0.005, "momentum": 0.5, "centered": True},
    "RMSprop, plain": {"lr": 0.005, "weight_decay": 0.01},
    "Adagrad": {"lr": 0.05, "lr_decay": 0.01, "initial_accumulator_value": 0.1},
    "Adadelta": {"lr": 1.0, "weight_decay": 0.01},
    "NAdam": {"lr": 0.01, "weight_decay": 0.01},
    "RAdam": {"lr": 0.01, "betas": (0.9, 0.9)},
}


@study(runs=grid(optimiser=list(OPTIMISERS), factor=[1.0, 0.5], seed=range(2)), epochs=4, batch=7)
class Plain(Module):
    optimiser: str
    factor: float
    seed: int

    def model(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 1)).double()

    def data(self) -> Data:
        x = torch.rand(20, 3, dtype=torch.float64)
        return Data(train={"x": x, "y": x.prod(1, keepdim=True)})

    def optimizer(self, model: nn.Module) -> optim.Optimizer:
        values = OPTIMISERS[self.optimiser]
        kind = getattr(optim, self.optimiser.partition(",")[0])
        first, second = {**values, "lr": self.factor * values["lr"]}, {**values, "lr": 0.1 * values["lr"]}
        groups = [{"params": model[0].parameters(), **first}, {"params": model[2].parameters(), **second}]  # type: ignore[index]
        made_: optim.Optimizer = kind(groups)
        return made_

    def schedule(self, step: int) -> float:
        return 1.0 / (1 + step)

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return functional.mse_loss(model(batch["x"]), batch["y"])

    def measure(self, model: nn.Module, data: Data) -> dict[str, Any]:  # noqa: ARG002 - of the weights
        return {f"weight_{k}": p.detach().sum() for k, p in enumerate(model.parameters())}


def plain(run: Plain) -> dict[str, float]:
    """The run as anybody would train it."""
    torch.manual_seed(run.seed)
    x, y = run.data().train.values()
    torch.manual_seed(run.seed)
    model = run.model()
    optimizer, step = run.optimizer(model), 0
    rates = [group["lr"] for group in optimizer.param_groups]
    for epoch in range(run.epochs):
        for rows in order(run.seed, epoch, len(x)).split(run.batch or len(x)):
            optimizer.zero_grad()
            functional.mse_loss(model(x[rows]), y[rows]).backward()
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * run.schedule(step)
            optimizer.step()
            step += 1
    return {name: value.item() for name, value in run.measure(model, run.data()).items()}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_stack_has_the_numbers_of_plain_torch_to_rounding(name: str) -> None:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # of the product of momenta, too, which NAdam keeps
    try:
        specs = [s for s in Plain.study.specs("all", None) if s.values()["optimiser"] == name]  # type: ignore[attr-defined]
        last = made.drive(specs)
        for k, spec in enumerate(specs):
            for metric, value in plain(Plain(**spec.values())).items():
                assert made.column(last.tables, "plain.runs", metric)[k] == pytest.approx(value, rel=1e-10, abs=1e-12)
        assert set(made.column(last.tables, "runs", "fusion")) == {"traced, 32 lanes"}
    finally:
        torch.set_default_dtype(before)
