"""Epochs over images: batches in each run's own order, then train and test loss and accuracy of the fixed weights."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hw1.data import Images
from hw1.networks import Network
from hw1.optimizers import FlatOptimizer
from jobs import Repeated

PIECES_PER_PAUSE = 50
"""A trainer pauses after this many batches or measured chunks: often enough to stop within seconds."""

MEASURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "running_loss", "running_accuracy")
_TRAIN, _TEST, _RUNNING = (MEASURES.index(name) for name in ("train_loss", "test_loss", "running_loss"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A batch of images to learn from, or a chunk of them to measure on."""

    part: str
    start: int
    stop: int


class Epochs:
    """Runs that train together, epoch by epoch; can stop and continue between any two batches."""

    def __init__(  # noqa: PLR0913 - this is what an epoch is made of
        self,
        network: Network,
        optimizer: FlatOptimizer,
        data: Images,
        labels: Int[Tensor, "run image"],
        orders: list[torch.Generator],
        *,
        batch_size: int,
        n_epochs: int,
        measured: bool = True,
        accuracy_at_least: float | None = None,
    ) -> None:
        """`labels` are each run's training labels; `orders` draw each run's order of the images.

        Where the epochs are not `measured`, there are the running loss and accuracy only, and the others are NaN. With
        `accuracy_at_least`, the epochs end once every run's train accuracy is that, so that such runs are best alone.
        """
        self.network, self.optimizer, self.data, self.labels = network, optimizer, data, labels
        self.orders, self.n_epochs, self.accuracy_at_least = orders, n_epochs, accuracy_at_least
        n_runs, n_train = len(orders), len(data.train)
        self.pieces = _pieces("learn", n_train, batch_size)
        self.measured = measured
        if measured:
            self.pieces += _pieces("train", n_train, network.measure_batch)
            self.pieces += _pieces("test", len(data.test), network.measure_batch)
        self.epoch = self.piece = 0
        self.order = torch.zeros((n_runs, n_train), dtype=torch.int64)
        device = data.train.device
        self.sums = torch.zeros((6, n_runs), dtype=torch.float64, device=device)
        self.curves = torch.full((n_epochs, 6, n_runs), torch.nan, dtype=torch.float64)
        self._learn = Repeated(self._learn_from, device)
        self._measure = {row: Repeated(partial(self._measure_on, row), device) for row in (_TRAIN, _TEST)}

    @property
    def fraction(self) -> float:
        """Share of all pieces that is done."""
        return (self.epoch + self.piece / len(self.pieces)) / self.n_epochs

    @property
    def fitted(self) -> bool:
        """True if the accuracy that is asked for was reached by the last epoch."""
        if self.accuracy_at_least is None or self.epoch == 0:
            return False
        return bool((self.curves[self.epoch - 1, _TRAIN + 1] >= self.accuracy_at_least).all())

    def iterate(self) -> Iterator[bool]:
        """Train; yields after every few pieces whether an epoch has just ended."""
        while self.epoch < self.n_epochs and not self.fitted:
            if self.piece == 0:
                n = self.order.shape[1]
                self.order = torch.stack([torch.randperm(n, generator=rng) for rng in self.orders])
                self.sums.zero_()
            self._order = self.order.to(self.data.train.device)
            while self.piece < len(self.pieces):
                with torch.no_grad():
                    self._do(self.pieces[self.piece])
                self.piece += 1
                if self.piece % PIECES_PER_PAUSE == 0 and self.piece < len(self.pieces):
                    yield False
            self.curves[self.epoch] = self._means()
            self.epoch, self.piece = self.epoch + 1, 0
            yield True

    def _do(self, piece: Piece) -> None:
        span = slice(piece.start, piece.stop)
        if piece.part == "learn":
            self._learn(self._order[:, span], *self.network.drawn(piece.stop - piece.start))
        elif piece.part == "train":
            self._measure[_TRAIN](self.data.train[span], self.labels[:, span])
        else:
            expanded = self.data.test_labels[span].expand(len(self.orders), -1)
            self._measure[_TEST](self.data.test[span], expanded)

    def _learn_from(self, batch: Int[Tensor, "run image"], *drawn: Tensor) -> None:
        self._add(_RUNNING, *self.network.learn(self.data.train, self.labels, batch, *drawn), batch.shape[1])
        self.optimizer.step(self.network.gradient)

    def _measure_on(self, row: int, images: Tensor, labels: Int[Tensor, "run image"]) -> None:
        self._add(row, *self.network.measure(images, labels), len(images))

    def _add(self, row: int, loss: Tensor, right: Tensor, n_images: int) -> None:
        self.sums[row].add_(loss.double() * n_images)
        self.sums[row + 1].add_(right)

    def _means(self) -> Float[Tensor, "measure run"]:
        n_train, n_test = len(self.data.train), len(self.data.test)
        means = self.sums.cpu() / torch.tensor([n_train, n_train, n_test, n_test, n_train, n_train]).double()[:, None]
        if not self.measured:
            means[:4] = torch.nan
        return means

    def values(self) -> dict[str, Any]:
        """Everything that changes as the runs train."""
        return {
            **{name: getattr(self, name) for name in ("epoch", "piece", "order", "sums", "curves")},
            "theta": self.network.theta,
            "optimizer": self.optimizer.state(),
            "generators": [rng.get_state() for rng in self._generators()],
        }

    def restore(self, values: Any) -> None:  # noqa: ANN401 - what torch.load gave back
        """Continue from `values()`."""
        for name in ("epoch", "piece", "order", "curves"):
            setattr(self, name, values[name])
        self.sums.copy_(values["sums"])
        self.network.theta.copy_(values["theta"])
        self.optimizer.restore(values["optimizer"])
        for rng, state in zip(self._generators(), values["generators"], strict=True):
            rng.set_state(state)

    def _generators(self) -> list[torch.Generator]:
        return [*self.orders, *self.network.generators()]

    def curve(self, k: int, *, run_id: str, end: int = 0) -> Iterator[dict[str, Any]]:
        """One run's rows of the `curves` table."""
        for epoch, measures in enumerate(self.curves[: self.epoch, :, k].tolist(), start=1):
            yield {"run_id": run_id, "end": end, "step": epoch, **dict(zip(MEASURES, measures, strict=True))}


def _pieces(part: str, n: int, size: int) -> list[Piece]:
    return [Piece(part, start, min(start + size, n)) for start in range(0, n, size)]
