"""Function fits that go on from where Adam stopped to a zero of the gradient, measured at both points."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from hw1.fit_tables import run_row
from hw1.function_fit import Fit
from hw1.newton import Point, Problem, Search
from hw1.specs import CriticalPoint
from jobs import State, columns

STEPS_PER_STATE = 4
ADAM, NEWTON = "adam", "newton"
"""The two phases, and the points at which they stop."""
_ADAM_SHARE = 0.1


def train(
    specs: Sequence[CriticalPoint],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    state: State | None = None,
) -> Iterator[State]:
    """Train all runs as one stack, then search run by run in float64; yields every 100 iterations or 4 Newton steps."""
    points = _Points(specs, device=device, dtype=dtype)
    if state is not None:
        points.restore(state.values)
    yield from points.fit_all()
    yield from points.search_all()
    yield points.finished()


class _Points:
    """A pack: the fit of all its runs, the rows measured so far, and the search that is under way."""

    def __init__(self, specs: Sequence[CriticalPoint], *, device: torch.device, dtype: torch.dtype) -> None:
        self.specs, self.spec = list(specs), specs[0]
        self.fit = Fit(specs, device=device, dtype=dtype)
        self.n_done = 0
        self.rows: list[dict[str, Any]] = []
        self.search: Search | None = None

    def fit_all(self) -> Iterator[State]:
        """Adam, as in any function fit."""
        for state in self.fit.iterate():
            yield replace(state, fraction=_ADAM_SHARE * state.step / state.n_steps, values=self.values())

    def search_all(self) -> Iterator[State]:
        """From each run's weights, one run after the other."""
        for k in range(self.n_done, len(self.specs)):
            if self.fit.loss[k].isfinite():
                yield from self._search(k)
            self.n_done = k + 1
            yield self._state()

    def _search(self, k: int) -> Iterator[State]:
        if self.search is None:
            self.search = self._begun(k, self.fit.theta[k].double())
            self.fit.spectra[k] = self.search.here.eigenvalues.cpu()
            met = bool(self.fit.converged[k])
            self.rows.append(self._row(k, ADAM, self.search.here, n_steps=int(self.fit.stopped_at[k]), converged=met))
        search = self.search
        while not search.done:
            search.step()
            if search.n_steps % STEPS_PER_STATE == 0 and not search.done:
                yield self._state()
        self.rows.append(self._row(k, NEWTON, search.best, n_steps=search.n_steps, converged=search.converged))
        self.search = None

    def _problem(self, k: int) -> Problem:
        x, y = self.fit.x.double(), self.fit.y[k].double()
        return Problem(self.fit.layers, x, y, self.spec.negative_slope)

    def _begun(self, k: int, theta: Tensor) -> Search:
        spec = self.spec
        return Search(
            self._problem(k), theta, norm_below=spec.newton_gradient_norm_below, max_steps=spec.max_newton_steps
        )

    def _row(self, k: int, phase: str, point: Point, *, n_steps: int, converged: bool) -> dict[str, Any]:
        step = point.newton_step
        return {
            "run_id": self.specs[k].run_id,
            "phase": phase,
            "n_steps": n_steps,
            "converged": converged,
            "loss": point.loss,
            "gradient_norm": point.gradient_norm,
            "hessian_gradient_ratio": point.hessian_gradient_ratio,
            "newton_residual": point.newton_residual,
            "newton_step": float(torch.linalg.vector_norm(step)),
            "smooth_fraction": self._problem(k).smooth_fraction(point.theta, step),
            "eigenvalues": point.eigenvalues.cpu(),
        }

    def _state(self) -> State:
        n, within = len(self.specs), self.search.n_steps / self.spec.max_newton_steps if self.search else 0.0
        return State(
            step=self.n_done,
            n_steps=n,
            unit="critical point",
            fraction=_ADAM_SHARE + (1 - _ADAM_SHARE) * (self.n_done + within) / n,
            values=self.values(),
            failures=self.fit.failures(),
        )

    def values(self) -> dict[str, Any]:
        """Everything that changes as the pack trains."""
        search = self.search.values() if self.search else None
        return {"fit": self.fit.values(), "n_done": self.n_done, "rows": list(self.rows), "search": search}

    def restore(self, values: Any) -> None:  # noqa: ANN401 - what torch.load gave back
        """Continue from `values()`."""
        self.fit.restore(values["fit"])
        self.n_done, self.rows = values["n_done"], list(values["rows"])
        if values["search"] is not None:
            self.search = self._begun(self.n_done, values["search"]["here"])
            self.search.restore(values["search"])

    def finished(self) -> State:
        """The last state, with the tables of every run that has numbers."""
        whole = [k for k in range(len(self.specs)) if self.fit.loss[k].isfinite()]
        rows = [{**row, "eigenvalues": row["eigenvalues"].numpy()} for row in self.rows]
        tables = {"runs": columns([run_row(self.fit, k) for k in whole]), "critical_points": columns(rows)}
        return replace(self._state(), values={}, tables=tables, fraction=1.0)
