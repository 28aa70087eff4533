"""Gradient descent of many students as one stack: a run that has ended leaves it, and the next takes its place."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hw1.projects.spurious_minima.network import Students, hessian
from hw1.projects.spurious_minima.spec import Student
from jobs import State, Tables, check_shared, columns

LANES = 64
"""Students in the stack at most: larger buffers leave the cache."""
STEPS_PER_LOOK = 50
"""Losses and gradients are looked at after so many steps of a run."""
LOOKS_PER_STATE = 10
HESSIANS_PER_STATE = 20
_DESCENT_SHARE = 0.85


def train(specs: Sequence[Student], *, state: State | None = None) -> Iterator[State]:
    """Train runs that differ in their seed only; yields every 500 steps, then every 20 Hessians."""
    check_shared(specs)
    descent = Descent(specs)
    if state is not None:
        descent.restore(state.values)
    yield from descent.descend()
    yield from descent.measure()
    yield descent.finished()


def initial(spec: Student) -> Float[Tensor, "n k"]:
    """Xavier initialisation as the paper's code has it: normal, with variance 1/k in dimension k."""
    rng = torch.Generator().manual_seed((spec.seed * 1000 + spec.n) * 1000 + spec.k)
    return torch.randn(spec.n, spec.k, generator=rng, dtype=torch.float64).div(spec.k**0.5)


class Descent:
    """A pack: the runs in the stack, those that wait, and how those ended that have."""

    def __init__(self, specs: Sequence[Student]) -> None:
        """The first runs at their start, the others waiting."""
        self.specs, self.spec = list(specs), specs[0]
        self.lanes, self.steps = list[int](), list[int]()
        """Of each lane its run, and the steps that it has taken."""
        self.n_begun = 0
        self.ends: dict[int, dict[str, Any]] = {}
        self.weights = torch.zeros(len(specs), self.spec.n, self.spec.k, dtype=torch.float64)
        """Of the runs that have ended."""
        self.n_measured = 0
        self.stored: list[dict[str, Any]] = []
        self._refill(self.weights[:0])

    def _refill(self, weights: Float[Tensor, "lane n k"]) -> None:
        """A stack of these weights and of those of as many further runs as have room."""
        free = range(self.n_begun, min(len(self.specs), self.n_begun + LANES - len(weights)))
        self.n_begun += len(free)
        self.lanes, self.steps = [*self.lanes, *free], [*self.steps, *[0] * len(free)]
        if self.lanes:
            self.students = Students(torch.cat([weights, *(initial(self.specs[k])[None] for k in free)]))

    def descend(self) -> Iterator[State]:
        """Steps until every run has ended."""
        n_looks = 0
        while self.lanes:
            self._look()
            for _ in range(STEPS_PER_LOOK * bool(self.lanes)):
                self.students.step(self.spec.learning_rate)
            self.steps = [n + STEPS_PER_LOOK for n in self.steps]
            n_looks += 1
            if n_looks % LOOKS_PER_STATE == 0 and self.lanes:
                yield self.state()

    def _look(self) -> None:
        """Note the runs that have ended, and let others take their lanes."""
        spec, students = self.spec, self.students
        norms = students.gradient().square().sum(2).amax(1).sqrt()
        losses = students.losses()
        solved_below = -float("inf") if spec.loss_below is None else spec.loss_below
        met, solved = norms < spec.gradient_norm_below, losses < solved_below
        cut = torch.tensor(self.steps) >= spec.max_steps
        left = met | solved | cut | ~losses.isfinite()
        if not left.any():
            return
        for lane in left.nonzero()[:, 0].tolist():
            end = "minimum" if met[lane] else "solved" if solved[lane] else "cap"
            found = {"n_steps": self.steps[lane], "loss": float(losses[lane]), "gradient_norm": float(norms[lane])}
            self.ends[self.lanes[lane]] = {**found, "end": end}
            self.weights[self.lanes[lane]] = students.weights[lane]
        going = (~left).nonzero()[:, 0].tolist()
        self.lanes, self.steps = [self.lanes[lane] for lane in going], [self.steps[lane] for lane in going]
        self._refill(students.weights[going])

    def measure(self) -> Iterator[State]:
        """Hessians where the runs ended, one by one."""
        while self.n_measured < len(self.specs):
            end = self.ends[self.n_measured]
            if end["loss"] < float("inf"):
                self._measure(self.n_measured, end)
            self.n_measured += 1
            if self.n_measured % HESSIANS_PER_STATE == 0:
                yield self.state()

    def _measure(self, k: int, end: dict[str, Any]) -> None:
        weights, spec = self.weights[k], self.specs[k]
        curvature = hessian(weights)
        end["least_eigenvalue"] = float(torch.linalg.eigvalsh(curvature)[0])
        end["is_spurious"] = end["loss"] >= spec.spurious_from
        if end["is_spurious"] and spec.keeps_weights:
            flat, slope = weights.flatten(), Students(weights[None]).gradient().flatten()
            newton = flat - torch.linalg.solve(curvature, slope)
            self.stored.append({"run_id": spec.run_id, "weights": flat.tolist(), "newton": newton.tolist()})

    def state(self, tables: Tables | None = None) -> State:
        """The pack's progress, from the steps that runs take as a rule."""
        n = len(self.specs)
        going = sum(min(1.0, steps / self.spec.n_typical) for steps in self.steps)
        share = _DESCENT_SHARE * (len(self.ends) + 0.9 * going) + (1 - _DESCENT_SHARE) * self.n_measured
        return State(
            step=len(self.ends),
            n_steps=n,
            unit="end",
            fraction=1.0 if tables is not None else share / n,
            values=self.values() if tables is None else {},
            tables=tables,
            failures={self.specs[k].run_id: "nan: the loss is not finite" for k in self._broken()},
        )

    def _broken(self) -> list[int]:
        return [k for k, end in self.ends.items() if not end["loss"] < float("inf")]

    def values(self) -> dict[str, Any]:
        """Everything that changes as the pack trains."""
        names = ("lanes", "steps", "n_begun", "ends", "weights", "n_measured", "stored")
        stack = self.students.weights.clone() if self.lanes else self.weights[:0]
        return {**{name: getattr(self, name) for name in names}, "stack": stack}

    def restore(self, values: Any) -> None:  # noqa: ANN401 - what torch.load gave back
        """Continue from `values()`."""
        for name, value in values.items():
            if name != "stack":
                setattr(self, name, value)
        if self.lanes:
            self.students = Students(values["stack"])

    def finished(self) -> State:
        """The last state, with where every run ended."""
        broken = self._broken()
        each = [(k, spec) for k, spec in enumerate(self.specs) if k not in broken]
        rows = [{"run_id": spec.run_id, "n_params": spec.n_params, **self.ends[k]} for k, spec in each]
        return self.state({"runs": columns(rows), "ends": columns(self.stored)})
