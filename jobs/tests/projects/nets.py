"""Small networks of an unchanged torch module: fused by us."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from jobs import Data, Module, grid, study


@study(runs=grid(lr=[1e-3, 1e-2], width=[4, 8], seed=range(3)), epochs=4, batch=16, smoke={"epochs": 2})
class Nets(Module):
    """How wide should a network be that learns a product?"""

    width: int
    lr: float
    seed: int
    decay: float = 0.0
    clip: float = 10.0

    def model(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, self.width), nn.Tanh(), nn.Dropout(0.1), nn.Linear(self.width, 1))

    def data(self) -> Data:
        x = torch.rand(56, 3, generator=torch.Generator().manual_seed(7))
        y = x[:, :1] * x[:, 1:2]
        return Data(train={"x": x[:40], "y": y[:40]}, test={"x": x[40:], "y": y[40:]})

    def optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(model.parameters(), lr=self.lr, weight_decay=self.decay)

    def schedule(self, step: int) -> float:
        return min(1.0, (step + 1) / 5)

    def loss(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return functional.mse_loss(model(batch["x"]), batch["y"])

    def measure(self, model: nn.Module, data: Data) -> dict[str, Tensor]:
        return {"test_error": functional.mse_loss(model(data.test["x"]), data.test["y"])}
