"""Trains the two ends of a path from one initialisation, and measures the line through them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hw1.epochs import MEASURES, Epochs
from hw1.lines import Lines, Point, nesterov_epochs
from hw1.seeds import generator
from hw1.specs import Interpolation
from jobs import State, Tables, columns


class End(NamedTuple):
    """Values that tell one end from another; pairs that share an end train it once."""

    seed: int
    batch_size: int
    learning_rate: float


def ends(spec: Interpolation) -> tuple[End, End]:
    """The two ends of a spec, first θ₁."""
    return End(spec.seed, spec.batch_size_1, spec.learning_rate_1), End(
        spec.seed, spec.batch_size_2, spec.learning_rate_2
    )


def alphas(spec: Interpolation) -> Float[np.ndarray, " alpha"]:
    """Points of the line that are measured, ends of the range included."""
    return np.linspace(spec.alpha_from, spec.alpha_to, spec.n_alphas)


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
    yield from paths.measure_points()
    yield paths.finished()


class _Paths(Lines[End]):
    """A pack of pairs."""

    def __init__(self, specs: Sequence[Interpolation], *, device: torch.device, dtype: torch.dtype) -> None:
        self.specs, self.momentum = list(specs), specs[0].momentum
        every = dict.fromkeys(end for spec in specs for end in ends(spec))
        points = [Point(*ends(spec), alpha) for spec in specs for alpha in alphas(spec).tolist()]
        super().__init__(specs[0], list(every), points, device=device, dtype=dtype)

    def begun(self, end: End) -> Epochs:
        """See `Lines`; both ends see the images in one order."""
        return nesterov_epochs(
            self.spec.replace(seed=end.seed),
            self.data,
            generator(end.seed, "order"),
            momentum=self.momentum,
            batch_size=end.batch_size,
            learning_rate=end.learning_rate,
        )

    def finished(self) -> State:
        """The last state, with the tables of every pair that has numbers."""
        curves = dict(zip(self.ends, self.curves, strict=True))
        finite = [all(bool(curves[end].isfinite().all()) for end in ends(spec)) for spec in self.specs]
        whole = [k for k, fine in enumerate(finite) if fine]
        tables: Tables = {
            "runs": columns([self.run_row(self.specs[k]) for k in whole]),
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

    def _curve_rows(self, spec: Interpolation, curves: dict[End, Tensor]) -> Iterator[dict[str, Any]]:
        for number, end in enumerate(ends(spec), start=1):
            for epoch, row in enumerate(curves[end][:, :, 0].tolist(), start=1):
                yield {"run_id": spec.run_id, "end": number, "step": epoch, **dict(zip(MEASURES, row, strict=True))}

    def _path_rows(self, k: int) -> Iterator[dict[str, Any]]:
        run_id, n = self.specs[k].run_id, self.specs[k].n_alphas
        for point, row in zip(self.points[k * n :][:n], self.measured[k * n :][:n].tolist(), strict=True):
            yield {"run_id": run_id, "alpha": point.alpha, **dict(zip(MEASURES, row, strict=False))}
