"""Ends of lines trained one after the other, then loss and accuracy at points of the lines through them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from hw1.data import Images, images
from hw1.epochs import Epochs
from hw1.lenet import convolutions
from hw1.networks import means, network
from hw1.optimizers import SGD
from hw1.specs import ImageSpec
from jobs import State

E = TypeVar("E", bound=tuple[Any, ...])
"""Values that tell one end from another; lines that share an end train it once."""

_TRAINING = 0.75
"""About the share of a pack's work that its ends are."""


class Point(NamedTuple, Generic[E]):
    """A place on the line through two ends."""

    first: E
    second: E
    alpha: float


def interpolated(first: Float[Tensor, " p"], second: Float[Tensor, " p"], alpha: float) -> Float[Tensor, " p"]:
    """θ(α) = (1−α)θ₁ + αθ₂; exactly the ends at 0 and 1 (Goodfellow et al. 2015, arXiv:1412.6544)."""
    return (1 - alpha) * first + alpha * second


class Lines(ABC, Generic[E]):
    """The ends done so far, and the points measured so far; can stop and continue between any two batches or points."""

    def __init__(
        self,
        spec: ImageSpec,
        ends: Sequence[E],
        points: Sequence[Point[E]],
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """`spec` holds what all ends share: the data, the model, the epochs."""
        self.spec, self.ends, self.points, self.device, self.dtype = spec, list(ends), list(points), device, dtype
        self.data: Images = images(spec, device=device, dtype=dtype)
        self.thetas: list[Tensor] = []
        self.curves: list[Tensor] = []
        self.running: Epochs | None = None
        self.measured = torch.full((len(points), 4), torch.nan, dtype=torch.float64)
        self.n_measured = 0

    @abstractmethod
    def begun(self, end: E) -> Epochs:
        """The epochs of an end before its first step."""

    def epoch_ended(self, end: E, epochs: Epochs) -> None:
        """Called after each epoch of an end."""

    def theta(self, end: E) -> Float[Tensor, " p"]:
        """The weights of an end that is done."""
        return self.thetas[self.ends.index(end)]

    def train_ends(self) -> Iterator[State]:
        """One end after the other."""
        while len(self.thetas) < len(self.ends):
            end = self.ends[len(self.thetas)]
            running = self.running = self.running or self.begun(end)
            for epoch_ended in running.iterate():
                if epoch_ended:
                    self.epoch_ended(end, running)
                done = len(self.thetas) + running.fraction
                yield self._state("epoch", running.epoch, self.spec.epochs, _TRAINING * done / len(self.ends))
            self.thetas.append(running.network.theta.clone())
            self.curves.append(running.curves)
            self.running = None

    def measure_points(self) -> Iterator[State]:
        """Loss and accuracy at every point of every line."""
        n = len(self.points)
        for k in range(self.n_measured, n):
            first, second, alpha = self.points[k]
            self.measured[k] = self._measured(interpolated(self.theta(first), self.theta(second), alpha))
            self.n_measured = k + 1
            yield self._state("α", k + 1, n, _TRAINING + (1 - _TRAINING) * (k + 1) / n)

    def _measured(self, theta: Tensor) -> Float[Tensor, " 4"]:
        """Train loss and accuracy, test loss and accuracy."""
        net = network([self.spec], device=self.device, dtype=self.dtype)
        net.theta.copy_(theta)
        parts = ((self.data.train, self.data.train_labels), (self.data.test, self.data.test_labels))
        return torch.cat([means(net, x, labels[None])[:, 0] for x, labels in parts])

    def run_row(self, spec: ImageSpec) -> dict[str, Any]:
        """A run's row of `runs`."""
        row = {"run_id": spec.run_id, "n_params": spec.n_params, "n_steps": spec.epochs}
        return row | convolutions(spec.model, self.data.train)

    def values(self) -> dict[str, Any]:
        """Everything that changes as the pack goes."""
        return {
            **{name: getattr(self, name) for name in ("thetas", "curves", "measured", "n_measured")},
            "running": self.running.values() if self.running else None,
        }

    def restore(self, values: Any) -> None:  # noqa: ANN401 - what torch.load gave back
        """Continue from `values()`."""
        for name in ("thetas", "curves", "measured", "n_measured"):
            setattr(self, name, values[name])
        if values["running"] is not None:
            self.running = self.begun(self.ends[len(self.thetas)])
            self.running.restore(values["running"])

    def _state(self, unit: str, step: int, n_steps: int, fraction: float) -> State:
        return State(step=step, n_steps=n_steps, unit=unit, fraction=fraction, values=self.values())


def nesterov_epochs(  # noqa: PLR0913 - this is what an end is made of
    spec: ImageSpec,
    data: Images,
    order: torch.Generator,
    *,
    momentum: float,
    batch_size: int,
    learning_rate: float,
    measured: bool = True,
) -> Epochs:
    """Epochs of one run from the initialisation of its seed, by SGD with Nesterov momentum."""
    net = network([spec], device=data.train.device, dtype=data.train.dtype)
    sgd = SGD(net.theta, learning_rate=learning_rate, weight_decay=0.0, momentum=momentum, nesterov=True)
    labels = data.train_labels[None]
    return Epochs(net, sgd, data, labels, [order], batch_size=batch_size, n_epochs=spec.epochs, measured=measured)
