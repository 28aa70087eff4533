"""Studies in plain Python, whose workers start in a second: for tests of what carries runs, not of training."""

import os
import random
import time

from jobs import Run, grid, study

PAUSE_S = 0.05
"""Of a step, so that a fault meets a worker at work."""


@study(runs=grid(scale=[0.5, 1.0, 2.0, 4.0], seed=range(2)))
def walk(run: Run, *, scale: float, seed: int) -> dict[str, float]:
    """How far does a walk at random come?"""
    random.seed(seed)
    at = {"x": 0.0}
    for number in run.steps(60, keep={"at": at}):
        at["x"] += random.gauss(0.0, scale)
        run.log(number=number, x=at["x"])
        time.sleep(PAUSE_S)
    return {"end": at["x"]}


@study(runs=grid(seed=range(4)))
def stroll(run: Run, *, seed: int) -> dict[str, float]:
    """How far does it come in forty seconds, which only a node takes?"""
    random.seed(seed)
    at = {"x": 0.0}
    for _ in run.steps(40, keep={"at": at}):
        at["x"] += random.gauss(0.0, 1.0)
        time.sleep(1.0 if "SLURM_JOB_ID" in os.environ else 0.0)
    return {"end": at["x"]}


@study(runs=grid(seed=range(310)))
def leap(run: Run, *, seed: int) -> dict[str, float]:
    """How far does one step come?"""
    return {"end": random.Random(seed).gauss(0.0, 1.0)}
