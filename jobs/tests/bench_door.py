"""Twelve runs of a small torch function: `hw1 submit --local` against what a user would write otherwise.

`pip install joblib dora-search`, then ``python -m jobs.tests.bench_door --rounds 3``. Every side is the shortest script
that trains the twelve runs on two processes and prints one table of their errors; its time is from the first process
to that table. All sides must print the same numbers. Lines are those of the script beside the function; dora has no
runner for one machine without Slurm, so its runs are started by `xargs`.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

FUNCTION = """
import torch
from torch import nn


def train(lr: float, seed: int, steps=range(400), log=lambda **_: None) -> float:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    x = torch.randn(512, 8)
    y = (x[:, :1] * x[:, 1:2]).sin()
    net = nn.Sequential(nn.Linear(8, 64), nn.Tanh(), nn.Linear(64, 1))
    adam = torch.optim.Adam(net.parameters(), lr=lr)
    for step in steps:
        loss = ((net(x) - y) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        log(step=step, loss=loss.item())
    return loss.item()
"""

OURS = """
from function import train
from jobs import Run, grid, study

@study(runs=grid(lr=[0.001, 0.003, 0.01], seed=range(4)))
def fit(run: Run, *, lr: float, seed: int) -> dict[str, float]:
    return {"loss": train(lr, seed, run.steps(400), run.log)}
"""

SUBMITIT = """
import submitit
from function import train

runs = [(lr, seed) for lr in (0.001, 0.003, 0.01) for seed in range(4)]
executor = submitit.LocalExecutor("log")
jobs = []
for run in runs:
    while sum(not job.done() for job in jobs) >= 2:
        submitit.helpers.monitor_jobs([job for job in jobs if not job.done()][:1], poll_frequency=0.1, test_mode=True)
    jobs.append(executor.submit(train, *run))
for run, job in zip(runs, jobs):
    print("row", *run, job.result())
"""

MAP_ARRAY = """
import submitit
from function import train

runs = [(lr, seed) for lr in (0.001, 0.003, 0.01) for seed in range(4)]
executor = submitit.AutoExecutor("log", cluster="local")
executor.update_parameters(timeout_min=10)
jobs = executor.map_array(train, *zip(*runs))
for run, job in zip(runs, jobs):
    print("row", *run, job.result())
"""

JOBLIB = """
from joblib import Parallel, delayed
from function import train

runs = [(lr, seed) for lr in (0.001, 0.003, 0.01) for seed in range(4)]
for run, loss in zip(runs, Parallel(n_jobs=2)(delayed(train)(*run) for run in runs)):
    print("row", *run, loss)
"""

DORA = """
import argparse
from dora import argparse_main, get_xp
from function import train

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--seed", type=int)

@argparse_main(dir="xps", parser=parser)
def main():
    args = get_xp().cfg
    get_xp().link.push_metrics({"loss": train(args.lr, args.seed)})
    print("row", args.lr, args.seed, get_xp().link.history[-1]["loss"])

if __name__ == "__main__":
    main()
"""

_ROW = re.compile(r"row ([\d.]+) (\d) ([\d.e-]+)")


@dataclass(frozen=True)
class Side:
    """A way of training the runs."""

    name: str
    script: str
    """What a user writes, besides the function."""
    command: str
    """Of bash, in a folder with `function.py` and the script, `side.py`; PYTHON is the interpreter."""
    resumes: str
    """What is left of a finished and of an unfinished run when all of it is killed."""


_SHOWN = """PYTHON -c 'from jobs import load; [print("row", r.lr, r.seed, r.loss) for r in load("out").itertuples()]'"""
SIDES = (
    Side("hw1", OURS, f"HW1 -p side.py submit --local --workers 2 && {_SHOWN}", "finished; the step it was at"),
    Side("joblib", JOBLIB, "PYTHON side.py", "nothing; nothing"),
    Side("submitit, two at once", SUBMITIT, "PYTHON side.py", "a pickle by job id; nothing"),
    Side("submitit, map_array", MAP_ARRAY, "PYTHON side.py", "a pickle by job id; nothing"),
    Side(
        "dora, two at once",
        DORA,
        "for lr in 0.001 0.003 0.01; do for s in 0 1 2 3; do echo --lr=$lr --seed=$s; done; done"
        " | xargs -P 2 -L 1 PYTHON side.py",
        "its history; what the function saves",
    ),
)


def timed(side: Side) -> tuple[float, dict[tuple[float, int], float]]:
    """Seconds, and the losses by learning rate and seed."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "function.py").write_text(FUNCTION)
        (place / "side.py").write_text(side.script)
        hw1 = Path(sys.executable).with_name("hw1")
        command = side.command.replace("PYTHON", sys.executable).replace("HW1", str(hw1))
        env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(place)}
        began = time.monotonic()
        done = subprocess.run(["bash", "-c", command], cwd=place, env=env, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began
    found = {(float(lr), int(seed)): float(loss) for lr, seed, loss in _ROW.findall(done.stdout + done.stderr)}
    if len(found) != 12:
        raise RuntimeError(f"{side.name}: {len(found)} rows\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds, found


def main() -> None:
    """Every side in turn, a few times; a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {side.name: [] for side in SIDES}
    expected: dict[tuple[float, int], float] | None = None
    for _ in range(rounds):
        for side in SIDES:
            taken, found = timed(side)
            expected = expected or found
            if found != expected:
                raise RuntimeError(f"{side.name} has other numbers")
            seconds[side.name].append(taken)
            print(f"{side.name}: {taken:.1f} s", flush=True)
    ours = statistics.median(seconds["hw1"])
    print(f"{'':<24}{'seconds':>8}{'÷ ours':>8}{'lines':>7}  after kill -9: of finished runs; of others")
    for side in SIDES:
        median = statistics.median(seconds[side.name])
        lines = sum(bool(line.strip()) for line in side.script.splitlines())
        print(f"{side.name:<24}{median:>8.1f}{median / ours:>8.2f}{lines:>7}  {side.resumes}")


if __name__ == "__main__":
    main()
