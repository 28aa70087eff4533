"""Trains the two ends of a path from one initialisation, and measures the line through them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hw1.architecture import n_params
from hw1.data import Images, images
from hw1.epochs import MEASURES, Epochs
from hw1.networks import means, network
from hw1.optimizers import SGD
from hw1.seeds import generator
from hw1.specs import Interpolation
from hw1.state import State, Tables, columns


class End(NamedTuple):
    """What tells one end from another; pairs that share an end train it once."""

    seed: int
    batch_size: int
    learning_rate: float


def ends(spec: Interpolation) -> tuple[End, End]:
    """The two ends of a spec, first θ₁."""
    return End(spec.seed, spec.batch_size_1, spec.learning_rate_1), End(
        spec.seed, spec.batch_size_2, spec.learning_rate_2
    )


def alphas(spec: Interpolation) -> Float[np.ndarray, " alpha"]:
    """Where the line is measured, ends of the range included."""
    return np.linspace(spec.alpha_from, spec.alpha_to, spec.n_alphas)


def interpolated(first: Float[Tensor, " p"], second: Float[Tensor, " p"], alpha: float) -> Float[Tensor, " p"]:
    """θ(α) = (1−α)θ₁ + αθ₂; exactly the ends at 0 and 1 (Goodfellow et al. 2015, arXiv:1412.6544)."""
    return (1 - alpha) * first + alpha * second


def train(
    specs: Sequence[Interpolation],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    state: State | None = None,
) -> Iterator[State]:
    """Train every end, then measure every line; yields every 50 batches, after every epoch and every α."""
    paths = _Paths(specs, device=device, dtype=dtype)
    if state is not None:
        paths.restore(state.values)
    yield from paths.train_ends()
    yield from paths.measure_lines()
    yield paths.finished()


class _Paths:
    """A pack of pairs: the ends done so far, and the lines measured so far."""

    def __init__(self, specs: Sequence[Interpolation], *, device: torch.device, dtype: torch.dtype) -> None:
        self.specs, self.spec, self.device, self.dtype = list(specs), specs[0], device, dtype
        self.ends = list(dict.fromkeys(end for spec in specs for end in ends(spec)))
        self.data: Images = images(self.spec, device=device, dtype=dtype)
        self.thetas: list[Tensor] = []
        self.curves: list[Tensor] = []
        self.running: Epochs | None = None
        self.lines = torch.full((len(specs), self.spec.n_alphas, 4), torch.nan, dtype=torch.float64)
        self.n_alphas = 0

    def _epochs(self, end: End) -> Epochs:
        spec = self.spec.replace(seed=end.seed)
        net = network([spec], device=self.device, dtype=self.dtype)
        sgd = SGD(net.theta, learning_rate=end.learning_rate, weight_decay=0.0, momentum=spec.momentum, nesterov=True)
        labels, order = self.data.train_labels[None], generator(end.seed, "order")
        return Epochs(net, sgd, self.data, labels, [order], batch_size=end.batch_size, n_epochs=spec.epochs)

    def train_ends(self) -> Iterator[State]:
        """One end after the other."""
        while len(self.thetas) < len(self.ends):
            self.running = self.running or self._epochs(self.ends[len(self.thetas)])
            for _ in self.running.iterate():
                yield self._training()
            self.thetas.append(self.running.network.theta.clone())
            self.curves.append(self.running.curves)
            self.running = None

    def measure_lines(self) -> Iterator[State]:
        """Loss and accuracy at every α of every pair."""
        for k in range(self.n_alphas, self.lines.shape[0] * self.lines.shape[1]):
            pair, i = divmod(k, self.spec.n_alphas)
            first, second = (self.thetas[self.ends.index(end)] for end in ends(self.specs[pair]))
            theta = interpolated(first, second, float(alphas(self.spec)[i]))
            self.lines[pair, i] = self._measured(theta)
            self.n_alphas = k + 1
            yield self._measuring()

    def _measured(self, theta: Tensor) -> Tensor:
        """Train loss and accuracy, test loss and accuracy."""
        net = network([self.spec], device=self.device, dtype=self.dtype)
        net.theta.copy_(theta)
        parts = ((self.data.train, self.data.train_labels), (self.data.test, self.data.test_labels))
        return torch.cat([means(net, x, labels[None])[:, 0] for x, labels in parts])

    def _training(self) -> State:
        running = self.running
        if running is None:
            raise RuntimeError("no end is being trained")
        fraction = 0.75 * (len(self.thetas) + running.fraction) / len(self.ends)
        return self._state("epoch", running.epoch, self.spec.epochs, fraction)

    def _measuring(self) -> State:
        n = self.lines.shape[0] * self.lines.shape[1]
        return self._state("α", self.n_alphas, n, 0.75 + 0.25 * self.n_alphas / n)

    def _state(self, unit: str, step: int, n_steps: int, fraction: float) -> State:
        values = {
            **{name: getattr(self, name) for name in ("thetas", "curves", "lines", "n_alphas")},
            "running": self.running.values() if self.running else None,
        }
        return State(step=step, n_steps=n_steps, unit=unit, fraction=fraction, values=values)

    def restore(self, values: Any) -> None:  # noqa: ANN401 - what torch.load gave back
        """Continue from a state's values."""
        for name in ("thetas", "curves", "lines", "n_alphas"):
            setattr(self, name, values[name])
        if values["running"] is not None:
            self.running = self._epochs(self.ends[len(self.thetas)])
            self.running.restore(values["running"])

    def finished(self) -> State:
        """The last state, with the tables of every pair that has numbers."""
        curves = dict(zip(self.ends, self.curves, strict=True))
        finite = [all(bool(curves[end].isfinite().all()) for end in ends(spec)) for spec in self.specs]
        whole = [k for k, fine in enumerate(finite) if fine]
        tables: Tables = {
            "runs": columns([self._run_row(self.specs[k]) for k in whole]),
            "curves": columns([row for k in whole for row in self._curve_rows(self.specs[k], curves)]),
            "paths": columns([row for k in whole for row in self._path_rows(k)]),
        }
        failures = {
            spec.run_id: "nan: a loss of an end is not finite"
            for spec, fine in zip(self.specs, finite, strict=True)
            if not fine
        }
        n = self.spec.epochs
        return State(step=n, n_steps=n, unit="epoch", fraction=1, values={}, tables=tables, failures=failures)

    def _run_row(self, spec: Interpolation) -> dict[str, Any]:
        return {"run_id": spec.run_id, "n_params": n_params(spec), "n_steps": spec.epochs}

    def _curve_rows(self, spec: Interpolation, curves: dict[End, Tensor]) -> Iterator[dict[str, Any]]:
        for number, end in enumerate(ends(spec), start=1):
            for epoch, row in enumerate(curves[end][:, :, 0].tolist(), start=1):
                yield {"run_id": spec.run_id, "end": number, "step": epoch, **dict(zip(MEASURES, row, strict=True))}

    def _path_rows(self, k: int) -> Iterator[dict[str, Any]]:
        for alpha, row in zip(alphas(self.spec).tolist(), self.lines[k].tolist(), strict=True):
            yield {"run_id": self.specs[k].run_id, "alpha": alpha, **dict(zip(MEASURES, row, strict=False))}
