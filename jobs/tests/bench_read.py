"""Reading results, as a command: all runs, those with a metric below a value, and its mean by group, beside MLflow.

`python -m jobs.tests.bench_read --runs 30000` trains runs of nine metrics that cost nothing, and hands their numbers to
MLflow by its own client, into SQLite and into its file store. Each question is asked in a process of its own, start and
imports included; prints the median of some rounds in which the sides take turns, and how many times ours it is. A row
is void where the answers differ. W&B is not here: what it writes offline can be uploaded, and asked nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

STUDY = """
from math import sin
from jobs import Run, grid, study

@study(runs=grid(lr=[0.001, 0.01, 0.1], width=[8, 32], seed=range({n})), minutes=1e-4)
def fits(run: Run, *, lr: float, width: int, seed: int) -> dict[str, float]:
    return {{f"m{{k}}": sin(1000 * lr * (k + 1) + width + seed) for k in range(9)}}
"""
N_GROUPS = 6
OURS = """
import json, sys
from jobs import load
frame = load(sys.argv[2])
match sys.argv[1]:
    case "list": answer = len(frame)
    case "filter": answer = int((frame["m1"] < -0.5).sum())
    case "mean": answer = frame.groupby(frame["lr"].astype(str))["m2"].mean().round(9).to_dict()
print(json.dumps(answer))
"""
MLFLOW = """
import json, sys
import mlflow
mlflow.set_tracking_uri(sys.argv[2])
ask = {"experiment_names": ["fits"], "max_results": 100_000}
match sys.argv[1]:
    case "list": answer = len(mlflow.search_runs(**ask, output_format="list"))
    case "filter": answer = len(mlflow.search_runs(**ask, filter_string="metrics.m1 < -0.5", output_format="list"))
    case "mean": answer = mlflow.search_runs(**ask).groupby("params.lr")["metrics.m2"].mean().round(9).to_dict()
print(json.dumps(answer))
"""
QUESTIONS: Mapping[str, str] = {"list": "all runs", "filter": "runs below a value", "mean": "means by group"}
ROUNDS = 3
ENVIRONMENT = {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}


def trained(n: int, folder: Path) -> Path:
    """The output folder of so many runs, collected."""
    (folder / "fits.py").write_text(STUDY.format(n=n // N_GROUPS))
    for command in (("submit", "--local"), ("collect",)):
        start = [sys.executable, "-c", "from jobs.cli.app import main; main()", "-p", str(folder / "fits.py")]
        subprocess.run([*start, *command, "--out", str(folder / "out")], check=True, stdout=subprocess.DEVNULL)
    return folder / "out"


def written(rows: list[dict[str, Any]], uri: str, artifacts: str) -> None:
    """The same runs in MLflow."""
    from mlflow.entities import Metric, Param  # noqa: PLC0415 - an extra
    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    client = MlflowClient(tracking_uri=uri)
    experiment = client.create_experiment("fits", artifacts)
    for row in rows:
        run = client.create_run(experiment).info.run_id
        metrics = [Metric(f"m{k}", row[f"m{k}"], 0, 0) for k in range(9)]
        client.log_batch(run, metrics, [Param(name, str(row[name])) for name in ("lr", "width", "seed")])
        client.set_terminated(run)


def asked(code: str, question: str, place: str) -> tuple[float, object]:
    """Seconds that an answer takes from the start of Python, and the answer."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, question, place], stdout=subprocess.PIPE, text=True, check=True, env=os.environ
    )
    return time.perf_counter() - begun, json.loads(done.stdout)


def table(sides: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """A row a side; the first is ours."""
    yield f"| side | {' | '.join(QUESTIONS.values())} |"
    yield "|---" * (len(QUESTIONS) + 1) + "|"
    rounds = [
        {(side, q): asked(code, q, place) for q in QUESTIONS for side, (code, place) in sides.items()}
        for _ in range(ROUNDS)
    ]
    first = next(iter(sides))
    for side in sides:
        cells = []
        for q in QUESTIONS:
            ours, own = (statistics.median(each[s, q][0] for each in rounds) for s in (first, side))
            same = all(each[side, q][1] == each[first, q][1] for each in rounds)
            cells.append(f"{own:.2f} s ({own / ours:.1f})" if same else "void: another answer")
        yield f"| {side} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3000)
    n = parser.parse_args().runs
    os.environ |= ENVIRONMENT
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        out = trained(n, folder)
        from jobs import load  # noqa: PLC0415 - imports pandas

        rows = load(out).to_dict("records")
        places = {"MLflow, SQLite": f"sqlite:///{folder / 'mlflow.db'}", "MLflow, files": (folder / "mlruns").as_uri()}
        for uri in places.values():
            written(rows, uri, (folder / "artifacts").as_uri())
        sides = {"hw1, `load`": (OURS, str(out))} | {name: (MLFLOW, uri) for name, uri in places.items()}
        print(f"{len(rows)} runs of 9 metrics, seconds of the whole process (times ours), medians of {ROUNDS}\n")
        for line in table(sides):
            print(line)


if __name__ == "__main__":
    main()
