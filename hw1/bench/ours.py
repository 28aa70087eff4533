"""Our side: the command that a user types, or a real submission of changed specs; and its numbers from the store.

``python -m hw1.bench.ours submit WORK OUT`` trains a work's changed specs into a folder, through the same local
workers as `hw1 submit --local`; ``… numbers WORK FILE INDEX …`` writes what our trainers come to on the parts that
peers do.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

from hw1.bench.numbers import EARLY, Numbers
from hw1.bench.works import WORKS, Work
from hw1.specs import FunctionFit, Seeded
from hw1.tables import DECLARED

COMMAND = "from jobs.cli.app import main; main()"
"""The commands of `hw1` that are measured."""
_MEASURES = ("running_loss", "train_loss", "train_accuracy", "test_loss", "test_accuracy")
_FINALS = ("n_steps", "minimal_ratio", "gradient_norm")


def command(work: Work, out: Path) -> list[str]:
    """The command that trains all of a work's runs into an output folder."""
    if not work.by_command:
        return [sys.executable, "-m", "hw1.bench.ours", "submit", work.name, str(out)]
    seeds = ["--seeds", str(work.n_seeds)] * (work.n_seeds > 1)
    submit = ["submit", "--local", "--device", "cpu", "--study", work.study, *seeds, "--out", str(out)]
    return [sys.executable, "-c", COMMAND, *submit]


def submit(work: Work, out: Path) -> int:
    """Train a work's runs as a local submission does; 0 if all are done."""
    from hw1.project import PROJECT  # noqa: PLC0415
    from jobs.cli.submit import submit_locally  # noqa: PLC0415 - imports rich
    from jobs.plan.tasks import n_cpus  # noqa: PLC0415

    return submit_locally(work.runs(), PROJECT, out=out, n_workers=1 if work.one_core else n_cpus(), device="cpu")


def stored(work: Work, out: Path) -> dict[int, Numbers]:
    """Final figures and seconds of each of a work's runs that is in the store, by the run's index."""
    from results.store import Store  # noqa: PLC0415 - imports pyarrow

    tables = Store(out, declared=DECLARED).read_all()
    found: dict[str, dict[str, Any]] = {}
    for table, names in (("curves", ("running_loss",)), ("runs", (*_FINALS, *_MEASURES[1:], "pack_seconds"))):
        for row in tables[table].select(["run_id", *names]).to_pylist():
            found.setdefault(row["run_id"], {}).update({n: float(row[n]) for n in names if row[n] is not None})
    for row in tables["eigenvalues"].to_pylist():
        found[row["run_id"]]["largest_eigenvalue"] = row["eigenvalues"][-1]
    ids = [spec.run_id for spec in work.specs()]
    return {k: found[run_id] for k, run_id in enumerate(ids) if run_id in found}


def numbers(work: Work, indices: Sequence[int]) -> dict[int, Numbers]:
    """Numbers of our trainers where a peer does a part, or on the way: function fits' early losses."""
    parts = work.parts()
    return {k: _curve(parts[k]) for k in indices}


@singledispatch
def _curve(spec: Seeded) -> Numbers:
    """Measures after a run's last epoch."""
    curve = _curves(spec)
    return {name: float(curve[name][-1]) for name in _MEASURES}


@_curve.register
def _early(spec: FunctionFit) -> Numbers:
    """Early losses of a function fit."""
    curve = _curves(spec.replace(max_iterations=max(EARLY) + 1, gradient_norm_below=None, measures="gradient_norm"))
    return {f"loss_{k}": float(curve["train_loss"][curve["step"].index(k)]) for k in EARLY}


def _curves(spec: Seeded) -> Mapping[str, Any]:
    import torch  # noqa: PLC0415 - heavy

    from hw1.train import train  # noqa: PLC0415 - imports torch

    torch.set_num_threads(1)
    *_, last = train([spec], device=torch.device("cpu"))
    return (last.tables or {})["curves"]


def main(arguments: Sequence[str]) -> int:
    """Submit, or write numbers."""
    what, name, where, *indices = arguments
    work = WORKS[name]
    if what == "submit":
        return submit(work, Path(where))
    Path(where).write_text(json.dumps(numbers(work, [int(k) for k in indices])), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
