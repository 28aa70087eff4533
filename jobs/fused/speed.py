"""Speed of a stack over the plain loop, measured on copies of a run."""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from jobs.fused.built import Built
from jobs.fused.single import Single
from jobs.fused.stack import Shape

ROUNDS, STEPS, ENOUGH_S = 10, 4, 1.0


def ratio(shape: Shape, rows: Sequence[Tensor] | None) -> float:
    """Speed of a full stack as a multiple of its runs one by one, by the best of a few rounds of each in turn."""
    first = shape.built[0]
    stack, single = shape.fresh([0]), Single(_copied(first), 0, has_masks=shape.has_masks)
    one = None if rows is None else rows[0][None]
    many = None if rows is None else torch.stack([rows[0]] * shape.lanes).to(stack.theta.device)
    with torch.random.fork_rng(devices=[]):
        times: list[tuple[float, float]] = []
        while len(times) < ROUNDS and (len(times) < ROUNDS // 3 or sum(map(sum, times)) < ENOUGH_S):
            times.append((_seconds(stack.step, many), _seconds(single.step, one)))
    return shape.lanes * min(t for _, t in times[1:]) / min(t for t, _ in times[1:])


def _copied(first: Built) -> Built:
    """The run with a network of its own, so that nothing is trained by measuring."""
    model = copy.deepcopy(first.model)
    return replace(first, model=model, optimizer=first.run.optimizer(model))


def _seconds(step: Callable[[Tensor | None], Tensor], rows: Tensor | None) -> float:
    begun = time.perf_counter()
    for _ in range(STEPS):
        last = step(rows)
    last.cpu()  # waits for what is still under way on a GPU
    return time.perf_counter() - begun
