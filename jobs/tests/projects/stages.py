"""Two studies in plain Python, of which the second loads what the first has found."""

import os
import random
import time

from jobs import Run, grid, study

PAUSE_S = 0.2 if "SLURM_JOB_ID" in os.environ else 0.05
"""Of a step, so that a fault meets a worker at work; a cluster's faults take longer to arrive."""


@study(runs=grid(scale=[0.5, 1.0], seed=range(2), n=20), smoke={"n": 3})
def walk(run: Run, *, scale: float, seed: int, n: int) -> dict[str, float]:
    """How far does a walk at random come?"""
    random.seed(seed)
    at = {"x": 0.0}
    for _ in run.steps(n, keep={"at": at}):
        at["x"] += random.gauss(0.0, scale)
        run.log(x=at["x"])
        time.sleep(PAUSE_S)
    if os.environ.get("HW1_TEST_FALLS") == str(seed):
        raise ValueError("it fell")
    return {"end": at["x"]}


@study(runs=grid(rate=[2.0, 3.0], seed=range(2), n=20), smoke={"n": 3}, after=walk)
def climb(run: Run, *, rate: float, seed: int, n: int) -> dict[str, float]:
    """How far does it come from where the walks of its seed ended?"""
    ends = [row["end"] for row in run.results(walk)]
    assert ends == [row["x"] for row in run.logged(walk) if row["step"] == n - 1]
    at = {"x": sum(ends)}
    for _ in run.steps(n, keep={"at": at}):
        at["x"] += rate * random.random()
        time.sleep(PAUSE_S)
    return {"end": at["x"], "n_walks": len(ends)}
