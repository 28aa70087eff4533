"""Trains two ends that differ in the order of their batches only, and measures the lines between them and to them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from hw1.epochs import MEASURES, Epochs
from hw1.lines import Lines, Point, nesterov_epochs
from hw1.networks import network
from hw1.seeds import Purpose, generator
from hw1.specs import Barrier
from jobs import State, Tables, columns

_ORDERS: dict[int, Purpose] = {1: "order", 2: "second order"}


class End(NamedTuple):
    """One of a seed's weights: the initialisation (0), end 1, or an end 2 and the epochs it shares with end 1."""

    seed: int
    number: int
    shared_epochs: int


def ends(spec: Barrier) -> tuple[End, End]:
    """End 1, which sees the images in the order of every run of its seed, and end 2."""
    return End(spec.seed, 1, 0), End(spec.seed, 2, spec.shared_epochs)


def lines(spec: Barrier) -> dict[str, tuple[End, End]]:
    """Every line of a spec: its name, where it is at α = 0, and where at α = 1."""
    first, second = ends(spec)
    start = End(spec.seed, 0, 0)
    towards = {"init-1": (start, first), "init-2": (start, second)}
    return {"between": (first, second), **(towards if spec.from_initialisation else {})}


def train(
    specs: Sequence[Barrier],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    state: State | None = None,
) -> Iterator[State]:
    """Train every end, then measure every line; yields every 50 batches, after every epoch and every α.

    End 1 is one run. End 2 is the same run until the shared epochs are over; from there on it has end 1's weights and
    momentum, and an order of the images of its own.

    References:
        Frankle et al. 2020, arXiv:1912.05671, section 2 (instability analysis). Goodfellow et al. 2015,
        arXiv:1412.6544 (lines from the initialisation).
    """
    barriers = _Barriers(specs, device=device, dtype=dtype)
    if state is not None:
        barriers.restore(state.values)
    yield from barriers.train_ends()
    yield from barriers.measure_points()
    yield barriers.finished()


def _points(spec: Barrier, name: str) -> list[Point[End]]:
    """The points of a line; those at its ends are points of every line that ends there, to be measured once."""
    first, second = lines(spec)[name]
    inner = [Point(first, second, k / (spec.n_alphas - 1)) for k in range(1, spec.n_alphas - 1)]
    return [Point(first, first, 0.0), *inner, Point(second, second, 0.0)]


class _Barriers(Lines[End]):
    """A pack of pairs; those of one seed share end 1."""

    def __init__(self, specs: Sequence[Barrier], *, device: torch.device, dtype: torch.dtype) -> None:
        self.specs, self.pair = list(specs), specs[0]
        self.forks: dict[int, dict[str, Any]] = {}
        every = dict.fromkeys(end for spec in specs for end in ends(spec))
        points = dict.fromkeys(point for spec in specs for name in lines(spec) for point in _points(spec, name))
        super().__init__(specs[0], list(every), list(points), device=device, dtype=dtype)

    def theta(self, end: End) -> Tensor:
        """See `Lines`; the initialisation too."""
        if end.number == 0:
            return network([self.spec.replace(seed=end.seed)], device=self.device, dtype=self.dtype).theta
        return super().theta(end)

    def begun(self, end: End) -> Epochs:
        """See `Lines`; not measured as they train, but at the end: half the time."""
        epochs = nesterov_epochs(
            self.spec.replace(seed=end.seed),
            self.data,
            generator(end.seed, _ORDERS[end.number]),
            momentum=self.pair.momentum,
            batch_size=self.pair.batch_size,
            learning_rate=self.pair.learning_rate,
            measured=False,
        )
        if end.shared_epochs:
            fork = self.forks[self.ends.index(end)]
            epochs.epoch = end.shared_epochs
            epochs.network.theta.copy_(fork["theta"])
            epochs.optimizer.restore(fork["optimizer"])
            epochs.curves[: end.shared_epochs] = fork["curves"]
        return epochs

    def epoch_ended(self, end: End, epochs: Epochs) -> None:
        """Keep where an end 2 parts from end 1."""
        for k, other in enumerate(self.ends):
            if end == End(other.seed, 1, 0) and other.shared_epochs == epochs.epoch:
                self.forks[k] = {
                    "theta": epochs.network.theta.clone(),
                    "optimizer": {name: _copied(value) for name, value in epochs.optimizer.state().items()},
                    "curves": epochs.curves[: epochs.epoch].clone(),
                }

    def values(self) -> dict[str, Any]:
        """See `Lines`."""
        return {**super().values(), "forks": self.forks}

    def restore(self, values: Any) -> None:  # noqa: ANN401 - what torch.load gave back
        """See `Lines`."""
        self.forks = values["forks"]
        super().restore(values)

    def finished(self) -> State:
        """The last state, with the tables of every pair that has numbers."""
        measured = dict(zip(self.points, self.measured.tolist(), strict=True))
        finite = [all(_finite(measured[Point(end, end, 0.0)]) for end in ends(spec)) for spec in self.specs]
        whole = [spec for spec, fine in zip(self.specs, finite, strict=True) if fine]
        tables: Tables = {
            "runs": columns([self.run_row(spec) for spec in whole]),
            "curves": columns([row for spec in whole for row in self._curve_rows(spec, measured)]),
            "lines": columns([row for spec in whole for row in _line_rows(spec, measured)]),
        }
        failures = {
            spec.run_id: "nan: a loss of an end is not finite"
            for spec, fine in zip(self.specs, finite, strict=True)
            if not fine
        }
        n = self.spec.epochs
        return State(step=n, n_steps=n, unit="epoch", fraction=1, values={}, tables=tables, failures=failures)

    def _curve_rows(self, spec: Barrier, measured: dict[Point[End], list[float]]) -> Iterator[dict[str, Any]]:
        """Running loss and accuracy after every epoch, and all images after the last."""
        for end in ends(spec):
            running = self.curves[self.ends.index(end)][:, 4:, 0].tolist()
            for epoch, row in enumerate(running, start=1):
                values = dict(zip(MEASURES[4:], row, strict=True))
                if epoch == spec.epochs:
                    values |= zip(MEASURES[:4], measured[Point(end, end, 0.0)], strict=True)
                yield {"run_id": spec.run_id, "end": end.number, "step": epoch, **values}


def _line_rows(spec: Barrier, measured: dict[Point[End], list[float]]) -> Iterator[dict[str, Any]]:
    for name in lines(spec):
        for k, point in enumerate(_points(spec, name)):
            values = dict(zip(MEASURES[:4], measured[point], strict=True))
            yield {"run_id": spec.run_id, "line": name, "alpha": k / (spec.n_alphas - 1), **values}


def _copied(value: Any) -> Any:  # noqa: ANN401 - a moment's buffer, or the step count
    return value.clone() if isinstance(value, Tensor) else value


def _finite(values: list[float]) -> bool:
    return bool(torch.tensor(values).isfinite().all())
