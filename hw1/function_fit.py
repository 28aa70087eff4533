"""Trains leaky-ReLU networks on functions of one variable, full batch, all runs of a pack as one stack."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hw1 import fit_tables, functions, initial
from hw1.blocks import Block
from hw1.optimizers import optimizer
from hw1.specs import FunctionFit
from hw1.spectrum import spectrum
from hw1.stack import Pass, Stack, with_ones
from jobs import State, Tables

ITERATIONS_PER_STATE = 100
HESSIANS_PER_STATE = 4
N_CURVE_POINTS = 2000
"""A loss curve keeps every k-th iteration, so that about this many are stored, and always its two ends."""


def train(
    specs: Sequence[FunctionFit],
    *,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    state: State | None = None,
) -> Iterator[State]:
    """Train runs that differ in seed and function only; yields every 100 iterations, then every 4 Hessians.

    A run that meets its stopping rule leaves the stack and stops costing.
    """
    fit = Fit(specs, device=device, dtype=dtype)
    if state is not None:
        fit.restore(state.values)
    yield from fit.iterate()
    yield from fit.measure_spectra()
    yield fit.finished()


class Fit:
    """One pack: the stack of the runs still training, and what is known of all of them."""

    def __init__(self, specs: Sequence[FunctionFit], *, device: torch.device, dtype: torch.dtype) -> None:
        """Every run at its initialisation."""
        self.specs, self.spec = list(specs), specs[0]
        self.layers = self.spec.layers
        points = functions.grid()
        self.x = torch.tensor(points, dtype=dtype, device=device)
        self.y = torch.stack([torch.tensor(functions.evaluate(s.function, points)) for s in specs]).to(self.x)
        self.theta = torch.stack([initial.augmented(self.layers, seed=s.seed) for s in specs]).to(self.x)
        n = len(specs)
        self.in_blocks = device.type == "cuda"  # there, a look at how an iteration went takes longer than it
        self.iteration = 0
        self.stopped_at = torch.zeros(n, dtype=torch.int64)
        self.converged = torch.zeros(n, dtype=torch.bool)
        self.loss = torch.full((n,), torch.nan, dtype=dtype)
        self.norm = torch.full((n,), torch.nan, dtype=dtype)
        self.recent = (torch.full_like(self.y[:, 0], torch.nan),) * 2
        """The losses of the runs still training, one and two iterations ago."""
        every = self.every = -(-self.spec.max_iterations // N_CURVE_POINTS)
        n_kept = -(-self.spec.max_iterations // every) if self.spec.measures != "spectrum" else 0
        self.curves = torch.full((2, n_kept, n), torch.nan, dtype=dtype)
        n_spectra = n if self.spec.measures == "spectrum" else 0
        self.spectra = torch.full((n_spectra, self.theta.shape[1]), torch.nan, dtype=torch.float64)
        self.n_spectra = 0
        self._stack(torch.arange(n))

    def _stack(self, active: Tensor) -> None:
        """Stack the given runs, from the weights in `theta`."""
        self.active, self.going = active, torch.ones(len(active), dtype=torch.bool)
        self.stack = Stack(self.layers, self.theta[active])
        self.optimizer = optimizer(self.spec, self.stack.theta)
        self.pass_ = Pass(self.stack, n_points=len(self.x), negative_slope=self.spec.negative_slope)
        self.input = with_ones(self.x.expand(1, 1, -1))
        self.target = self.y[active].expand(self.stack.n_stacked, -1)[:, None]
        self._block: Block | None = None

    def iterate(self) -> Iterator[State]:
        """Iterations until every run has stopped."""
        end = self.spec.max_iterations
        while len(self.active) and self.iteration < end:
            pause = min(end, (self.iteration // ITERATIONS_PER_STATE + 1) * ITERATIONS_PER_STATE)
            if self.in_blocks:
                self._iterate_in_block(pause)
            else:
                self._iterate_one_by_one(pause)
            if len(self.active) and self.iteration < end:
                yield self.state("iteration", self.iteration, end)
        if not self.going.all():
            self._restack()
        if len(self.active):
            self._retire_rest()

    def _iterate_one_by_one(self, pause: int) -> None:
        while self.iteration < pause:
            loss, norm = self._measured()
            self._record(self.iteration, loss, norm)
            if stopped := self._stopped(loss, norm):
                self._retire(loss, norm, *stopped)
                if not len(self.active):
                    return
            self.optimizer.step(self.stack.gradient)
            self.iteration += 1

    def _iterate_in_block(self, pause: int) -> None:
        """Runs that have stopped stay in the stack until they are half of it: stacking again takes time too."""
        if self._block is None:
            self._block = Block(
                self.stack,
                optimizer=self.optimizer,
                measure=self._measured,
                rule=self._leaving,
                recent=self.recent,
                n_iterations=ITERATIONS_PER_STATE,
            )
        block, start, self.iteration = self._block, self.iteration, pause
        block.run(pause - start)
        self.recent = block.recent
        losses, norms = trace = block.trace.cpu()
        for iteration in range(-(-start // self.every) * self.every, pause, self.every):
            self._record(iteration, *trace[:, iteration - start])
        left = self.going & ~block.going.cpu()
        if left.any():
            gone, at = self.active[left], block.stopped_at.cpu()[left]
            self.stopped_at[gone], self.converged[gone] = start + at, block.converged.cpu()[left]
            self.loss[gone], self.norm[gone] = losses[at, left], norms[at, left]
            self.going &= ~left
            if 2 * int(self.going.sum()) <= len(self.active):
                self._restack()

    def _measured(self) -> tuple[Float[Tensor, " active"], Float[Tensor, " active"] | None]:
        """The losses, with the gradients in the stack, and their norms where they are wanted."""
        n_points = len(self.x)
        residual = self.pass_.forward(self.input).sub_(self.target)
        loss = torch.linalg.vector_norm(residual, dim=2).square_().div_(n_points)[: len(self.active), 0]
        self.pass_.backward(residual.mul_(2 / n_points))
        return loss, self._norms()

    def _norms(self) -> Float[Tensor, " active"] | None:
        wanted = self.spec.measures != "predictions" or self.spec.gradient_norm_below is not None
        return self.stack.gradient_norms() if wanted else None

    def _record(self, iteration: int, loss: Tensor, norm: Tensor | None) -> None:
        if self.curves.shape[1] and iteration % self.every == 0:
            row = iteration // self.every
            self.curves[0, row, self.active] = loss.cpu()
            if norm is not None:
                self.curves[1, row, self.active] = norm.cpu()

    def _stopped(self, loss: Tensor, norm: Tensor | None) -> tuple[Bool[Tensor, " active"], ...] | None:
        """Which runs have converged, and which have left the numbers; None if none has."""
        before = self.recent
        if self.spec.change_below is not None:
            self.recent = (loss, before[0])
        if self._all_go_on(loss, norm):
            return None
        left, converged = self._leaving(loss, norm, before)
        return (left, converged) if left.any() else None

    def _leaving(
        self, loss: Tensor, norm: Tensor | None, before: tuple[Tensor, Tensor]
    ) -> tuple[Bool[Tensor, " active"], Bool[Tensor, " active"]]:
        """Which runs stop, and which of them because they have converged."""
        converged = torch.ones_like(loss, dtype=torch.bool)
        if self.spec.gradient_norm_below is not None and norm is not None:
            converged &= norm < self.spec.gradient_norm_below
        if self.spec.loss_below is not None:
            converged &= loss < self.spec.loss_below
        if self.spec.change_below is not None:
            newest = torch.stack([loss, *before])
            converged &= ((newest[:-1] - newest[1:]).abs() < self.spec.change_below).all(0)
        if self.spec.gradient_norm_below is self.spec.loss_below is self.spec.change_below is None:
            converged.fill_(False)  # noqa: FBT003 - the value that fills
        return converged | ~loss.isfinite(), converged

    def _all_go_on(self, loss: Tensor, norm: Tensor | None) -> bool:
        """True if by the extremes alone no run has stopped; a NaN among them makes this false."""
        rules = ((norm, self.spec.gradient_norm_below), (loss, self.spec.loss_below))
        thresholds = [(of, below) for of, below in rules if of is not None and below is not None]
        far = any(of.min().item() >= below for of, below in thresholds)
        return (far or (not thresholds and self.spec.change_below is None)) and loss.max().item() < math.inf

    def _retire(self, loss: Tensor, norm: Tensor | None, left: Tensor, converged: Tensor) -> None:
        """Note what the leaving runs reached, and stack the others again."""
        gone = self.active[left.cpu()]
        self.stopped_at[gone] = self.iteration
        self.converged[gone] = converged[left].cpu()
        self.loss[gone] = loss[left].cpu()
        if norm is not None:
            self.norm[gone] = norm[left].cpu()
        self.going = ~left.cpu()
        self._restack()

    def _restack(self) -> None:
        """Stack the runs that go on again, with their gradients and moments; the others keep their weights."""
        self.theta[self.active] = self.stack.rows(self.stack.theta)
        stay = self.going.nonzero()[:, 0].to(self.theta.device)
        self.recent = (self.recent[0][stay], self.recent[1][stay])
        old, rows = self.optimizer, self.stack.rows
        gradient = rows(self.stack.gradient)[stay]
        moments = {name: rows(moment)[stay] for name, moment in old.moments.items()}
        if len(stay):
            self._stack(self.active[self.going])
            self.stack.fill(self.stack.gradient, gradient)
            self._resume_optimizer(old.n_steps, moments)
        else:
            self.active, self.going = self.active[:0], self.going[:0]

    def _resume_optimizer(self, n_steps: int, moments: dict[str, Tensor]) -> None:
        self.optimizer.n_steps = n_steps
        for name, rows in moments.items():
            self.stack.fill(self.optimizer.moments[name], rows.to(self.stack.theta))

    def _retire_rest(self) -> None:
        """Measure and retire the runs that used up their iterations."""
        loss, norm = self._measured()
        everyone = torch.ones_like(loss, dtype=torch.bool)
        self._retire(loss, norm, everyone, ~everyone)

    def measure_spectra(self) -> Iterator[State]:
        """Exact Hessians, run by run."""
        while self.n_spectra < len(self.spectra):
            k = self.n_spectra
            if self.loss[k].isfinite():
                slope = self.spec.negative_slope
                self.spectra[k] = spectrum(self.layers, self.theta[k], self.x, self.y[k], negative_slope=slope).cpu()
            self.n_spectra += 1
            if self.n_spectra % HESSIANS_PER_STATE == 0:
                yield self.state("Hessian", self.n_spectra, len(self.spectra))

    def state(self, unit: str, step: int, n_steps: int, tables: Tables | None = None) -> State:
        """The pack's progress. Hessians count as a fifth of the work."""
        share = 0.8 if len(self.spectra) else 1.0
        fraction = share * step / n_steps if unit == "iteration" else share + (1 - share) * step / n_steps
        values, failures = self.values() if tables is None else {}, self.failures()
        return State(
            step=step, n_steps=n_steps, unit=unit, fraction=fraction, values=values, tables=tables, failures=failures
        )

    def failures(self) -> dict[str, str]:
        """Reasons why runs that have stopped have no numbers, by run id."""
        retired = torch.ones(len(self.specs), dtype=torch.bool).index_fill_(0, self.active[self.going], 0)
        broken = retired & ~self.loss.isfinite()
        return {
            self.specs[k].run_id: f"nan: loss is not finite at iteration {self.stopped_at[k]}"
            for k in broken.nonzero()[:, 0].tolist()
        }

    def values(self) -> dict[str, Any]:
        """Everything that changes as the pack trains."""
        if len(self.active):
            self.theta[self.active] = self.stack.rows(self.stack.theta)
        going = self.going
        moments = {name: self.stack.rows(m)[: len(going)][going] for name, m in self.optimizer.moments.items()}
        names = ("iteration", "stopped_at", "converged", "loss", "norm", "curves", "theta")
        return {
            **{name: getattr(self, name) for name in names},
            "active": self.active[going],
            "n_optimizer_steps": self.optimizer.n_steps,
            "moments": moments,
            "recent": torch.stack(self.recent)[:, going],
            "spectra": self.spectra,
            "n_spectra": self.n_spectra,
        }

    def restore(self, values: Any) -> None:  # noqa: ANN401 - what torch.load gave back
        """Continue from `values()`."""
        for name in ("iteration", "n_spectra"):
            setattr(self, name, values[name])
        for name in ("stopped_at", "converged", "loss", "norm", "curves", "theta", "spectra"):
            getattr(self, name).copy_(values[name])
        self.active, self.recent = values["active"], tuple(values["recent"].to(self.y))
        self.going = torch.ones(len(self.active), dtype=torch.bool)
        if len(self.active):
            self._stack(self.active)
            self._resume_optimizer(values["n_optimizer_steps"], values["moments"])

    def finished(self) -> State:
        """The last state, with the tables of every run that has numbers."""
        whole = [k for k in range(len(self.specs)) if self.loss[k].isfinite()]
        return self.state("iteration", 1, 1, fit_tables.tables(self, whole))
