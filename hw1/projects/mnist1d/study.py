"""The study: four networks as the paper trained them, and its MLP as others may have trained it."""

from typing import TYPE_CHECKING, Any

from jobs import Data, Module, study

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

SEEDS = range(30)
N_EPOCHS, BATCH = 150, 100
"""6,000 steps."""
NETWORKS = ("logistic", "mlp", "cnn", "gru")
PAPER = {"lr": 0.01, "width": 100, "skip": True, "shuffled": False, "data_seed": 42}
ARMS: dict[str, dict[str, Any]] = {
    "no skip": {"skip": False},
    "slow": {"lr": 0.001},
    "shuffled": {"shuffled": True},
    "wide": {"width": 256},
    "other data": {"data_seed": 43},
    "usual": {"skip": False, "lr": 0.001, "shuffled": True},
}
"""The MLP, and in what it differs from the paper's; `usual` is what most would write by themselves."""


def runs() -> list[dict[str, Any]]:
    """Every network and every arm from every seed."""
    kinds = [{"network": name} for name in NETWORKS] + [{"network": "mlp", **arm} for arm in ARMS.values()]
    return [{**kind, "seed": seed} for kind in kinds for seed in SEEDS]


@study(runs=runs, name="mnist1d", epochs=N_EPOCHS, batch=BATCH, smoke={"epochs": 2}, minutes=0.2)
class MNIST1D(Module):
    """Do the published accuracies hold, and why do people get 62% where the paper has 68%?"""

    network: str
    seed: int
    lr: float = 0.01
    width: int = 100
    skip: bool = True
    shuffled: bool = False
    data_seed: int = 42

    def model(self) -> "nn.Module":
        """One of the four."""
        from hw1.projects.mnist1d.networks import network  # noqa: PLC0415 - imports torch

        return network(self.network, width=self.width, skip=self.skip)

    def data(self) -> Data:
        """The curves as float32."""
        return _tensors(self.data_seed)

    def optimizer(self, model: "nn.Module") -> "Optimizer":
        """Adam, without decay."""
        from torch.optim import Adam  # noqa: PLC0415 - likewise

        return Adam(model.parameters(), lr=self.lr)

    def loss(self, model: "nn.Module", batch: Any) -> "Tensor":  # noqa: ANN401 - tensors by name
        """Cross-entropy."""
        from torch.nn.functional import cross_entropy  # noqa: PLC0415 - likewise

        return cross_entropy(model(batch.x), batch.y)

    def measure(self, model: "nn.Module", data: Data) -> "dict[str, Tensor]":
        """Accuracy and loss on the 1,000 curves that no network is trained on."""
        from torch.nn.functional import cross_entropy  # noqa: PLC0415 - likewise

        scores, y = model(data.test["x"]), data.test["y"]
        return {
            "test_accuracy": (scores.argmax(1) == y).double().mean(),
            "test_loss": cross_entropy(scores, y),
        }


def _tensors(seed: int) -> Data:
    import torch  # noqa: PLC0415 - likewise

    from hw1.projects.mnist1d.data import digits  # noqa: PLC0415 - only workers generate

    x, y, x_test, y_test = (torch.from_numpy(each) for each in digits(seed))
    return Data(train={"x": x.float(), "y": y}, test={"x": x_test.float(), "y": y_test})
