"""Iterations in a row without asking the device how they went: what a GPU needs to stay busy."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hw1.optimizers import FlatOptimizer
from hw1.stack import Stack
from jobs import Repeated

Measure = Callable[[], tuple[Float[Tensor, " run"], Float[Tensor, " run"] | None]]
"""Writes the gradients of a stack; the loss of each run, and the norm of its gradient where that is wanted."""
Rule = Callable[[Tensor, Tensor | None, tuple[Tensor, Tensor]], tuple[Bool[Tensor, " run"], Bool[Tensor, " run"]]]
"""From losses, norms and the two losses before: which runs stop, and which of them because they have converged."""


class Block:
    """Iterations of a stack in which a run that stops keeps its weights while the others go on.

    Every run's numbers are those it has where the host looks after each iteration: what follows a run's stop changes
    nothing of it.
    """

    going: Bool[Tensor, " run"]
    """Which runs have not stopped."""
    converged: Bool[Tensor, " run"]
    stopped_at: Int[Tensor, " run"]
    """In which of the block's iterations a run stopped."""
    recent: tuple[Float[Tensor, " run"], Float[Tensor, " run"]]
    """The losses one and two iterations ago."""
    trace: Float[Tensor, "2 iteration run"]
    """Loss and norm of the gradient at every iteration."""

    def __init__(  # noqa: PLR0913 - all but the first by name
        self,
        stack: Stack,
        *,
        optimizer: FlatOptimizer,
        measure: Measure,
        rule: Rule,
        recent: tuple[Tensor, Tensor],
        n_iterations: int,
    ) -> None:
        """Before the first iteration; nothing is computed yet."""
        self._stack, self._optimizer, self._measure, self._rule = stack, optimizer, measure, rule
        theta, n = stack.theta, stack.n_runs
        self.going = torch.ones(n, dtype=torch.bool, device=theta.device)
        self.converged = torch.zeros_like(self.going)
        self.stopped_at = torch.zeros(n, dtype=torch.int64, device=theta.device)
        self.recent = (recent[0].clone(), recent[1].clone())
        self.trace = theta.new_full((2, n_iterations, n), torch.nan)
        self._at = torch.zeros(1, dtype=torch.int64, device=theta.device)
        self._before = torch.empty_like(theta)
        owners = torch.zeros_like(theta)
        n_params = sum(layer.n_params for layer in stack.layers)
        stack.fill(owners, torch.arange(n).to(theta)[:, None].expand(-1, n_params))
        self._owners = owners.long()  # the run that each number of the flat buffers belongs to
        self._step = Repeated(self._iteration, theta.device)

    def run(self, n_iterations: int) -> None:
        """Do `n` iterations, at most those that the block was made for."""
        self._at.zero_()
        for _ in range(n_iterations):
            self._step()

    def _iteration(self) -> None:
        loss, norm = self._measure()
        self.trace[0].index_copy_(0, self._at, loss[None])
        if norm is not None:
            self.trace[1].index_copy_(0, self._at, norm[None])
        left, converged = self._rule(loss, norm, self.recent)
        left &= self.going
        self.converged |= left & converged
        self.stopped_at.copy_(torch.where(left, self._at, self.stopped_at))
        self.going &= ~left
        self.recent[1].copy_(self.recent[0])
        self.recent[0].copy_(loss)
        self._before.copy_(self._stack.theta)
        self._optimizer.step(self._stack.gradient)
        torch.where(self.going[self._owners], self._stack.theta, self._before, out=self._stack.theta)
        self._at += 1
