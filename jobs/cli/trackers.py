"""Runs handed to experiment trackers, by their own libraries: MLflow in a local database, W&B offline."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from results.folder import FolderError
from results.plain import amount

if TYPE_CHECKING:
    import pandas as pd

    from jobs.project import Project
    from jobs.sweep import Run

_BATCH = 1000
"""Metrics that MLflow takes at once."""


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """One run as trackers have runs."""

    run_id: str
    study: str
    name: str
    parameters: Mapping[str, object]
    metrics: Mapping[str, float]
    texts: Mapping[str, str]
    """Returned values that are no numbers, and its provenance."""
    steps: Sequence[tuple[int, str, float]]
    """Step, name and value of every number that it logged."""
    began_ms: int
    ended_ms: int

    @property
    def last_step(self) -> int:
        """The greatest step that it logged."""
        return max((step for step, _, _ in self.steps), default=0)


def tracked(runs: "Sequence[Run]", frame: "pd.DataFrame", out: Path, project: "Project") -> Iterator[Tracked]:
    """The runs that have a row in the frame that `results.load` gives."""
    by_id, logged = {run.run_id: run for run in runs}, _logged(out, project)
    for row in ({str(name): value for name, value in each.items()} for each in frame.to_dict("records")):
        run = by_id[row["run_id"]]
        own = run.spec.values()
        given = {name: value for name, value in row.items() if name not in own and not _is_absent(value)}
        ended_ms = round(1000 * datetime.fromisoformat(row["finished"]).timestamp())
        yield Tracked(
            run_id=run.run_id,
            study=run.study.name,
            name=run.label,
            parameters=own,
            metrics={name: float(v) for name, v in given.items() if isinstance(v, int | float)},
            texts={name: v for name, v in given.items() if isinstance(v, str) and name not in {"run_id", "study"}},
            steps=logged.get(run.run_id, ()),
            began_ms=ended_ms - round(1000 * row.get("run_seconds", row.get("seconds", 0.0))),
            ended_ms=ended_ms,
        )


def _is_absent(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124 - NaN


def _logged(out: Path, project: "Project") -> dict[str, list[tuple[int, str, float]]]:
    """Logged numbers of every run: those of each table that counts a run's rows by whole numbers."""
    from results.store import Store  # noqa: PLC0415 - imports pyarrow

    store, found = Store(out, only_looks=True, declared=project.tables), dict[str, list[tuple[int, str, float]]]()
    for table in store.layout.tables.tables.values():
        keys = [column for column in table.columns if column.key and column.name != "run_id"]
        if table.name not in store.layout.tables.vouched or [key.type for key in keys[-1:]] != ["int64"]:
            continue
        *others, step = (key.name for key in keys)
        numbers = [c.name for c in table.columns if not c.key and c.type in {"int64", "float64"}]
        for row in store.read(table.name).select(["run_id", *others, step, *numbers]).to_pylist():
            head = "".join(f"{name} {row[name]}/" for name in others)
            values = [(row[step], f"{head}{name}", float(row[name])) for name in numbers if not _is_absent(row[name])]
            found.setdefault(row["run_id"], []).extend(values)
    return found


def to_mlflow(runs: Sequence[Tracked], folder: Path, told: Callable[[int, int], None]) -> int:
    """Write what is not there yet into `mlflow.db`, an experiment a study; how many runs that was."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a file is asked for, nobody shall hear of it
    import alembic  # noqa: F401, PLC0415 - MLflow misses it, or the next one, in words that help nobody
    import sqlalchemy  # noqa: F401, PLC0415
    from mlflow.entities import Metric, Param, RunTag, ViewType  # noqa: PLC0415
    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    client = MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")
    artifacts, n_written = (folder / "artifacts").as_uri(), 0
    for k, run in enumerate(runs):
        told(k, len(runs))
        known = client.get_experiment_by_name(run.study)
        experiment = known.experiment_id if known else client.create_experiment(run.study, artifacts)
        before = client.search_runs([experiment], f"tags.`hw1.run_id` = '{run.run_id}'", ViewType.ACTIVE_ONLY)
        if any(each.info.status == "FINISHED" for each in before):
            continue
        for each in before:  # of an export that was cut short
            client.delete_run(each.info.run_id)
        tags = {"hw1.run_id": run.run_id, **{f"hw1.{name}": text for name, text in run.texts.items()}}
        made = client.create_run(experiment, start_time=run.began_ms, run_name=run.name).info.run_id
        values = [Metric(name, value, run.began_ms, step) for step, name, value in run.steps]
        values += [Metric(name, value, run.ended_ms, run.last_step) for name, value in run.metrics.items()]
        client.log_batch(
            made,
            params=[Param(name, str(value)) for name, value in run.parameters.items()],
            tags=[RunTag(name, text) for name, text in tags.items()],
        )
        for first in range(0, len(values), _BATCH):
            client.log_batch(made, metrics=values[first : first + _BATCH])
        client.set_terminated(made, end_time=run.ended_ms)
        n_written += 1
    return n_written


def to_wandb(runs: Sequence[Tracked], folder: Path, told: Callable[[int, int], None]) -> int:
    """Write a folder each run that has none yet, which `wandb sync` uploads; how many that was."""
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # nothing leaves the machine before `wandb sync`
    import wandb  # noqa: PLC0415

    settings = wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True, x_disable_stats=True)
    there = {path.name.rpartition("-")[2] for path in folder.glob("offline-run-*")}
    new = [run for run in runs if run.run_id not in there]
    with tempfile.TemporaryDirectory(prefix=".wandb-", dir=folder) as unfinished:
        for k, run in enumerate(new):
            told(k, len(new))
            made = wandb.init(
                project=run.study,
                id=run.run_id,
                name=run.name,
                config={**run.parameters, "hw1": dict(run.texts)},
                dir=unfinished,
                mode="offline",
                reinit="create_new",
                settings=settings,
            )
            for step, values in _by_step(run).items():
                made.log(values, step=step)
            made.summary.update(run.metrics)
            made.finish()
            for path in Path(unfinished, "wandb").glob("offline-run-*"):
                path.rename(folder / path.name)
        wandb.teardown()
    return len(new)


def _by_step(run: Tracked) -> dict[int, dict[str, float]]:
    found: dict[int, dict[str, float]] = {}
    for step, name, value in sorted(run.steps, key=lambda each: each[0]):
        found.setdefault(step, {})[name] = value
    return found


Tracker = Callable[[Sequence[Tracked], Path, Callable[[int, int], None]], int]
TRACKERS: Mapping[str, tuple[Tracker, str]] = {
    "mlflow": (to_mlflow, "mlflow ui --backend-store-uri sqlite:///{folder}/mlflow.db"),
    "wandb-offline": (to_wandb, "wandb sync {folder}/offline-run-*"),
}
"""Functions that hand runs to a tracker, and what to type then."""


def handed(kind: str, runs: Sequence[Tracked], folder: Path) -> str:
    """Hand runs to a tracker; says how many were new, and what shows them.

    Raises:
        FolderError: If the folder cannot be written.
        ModuleNotFoundError: If the tracker's library is missing.
    """
    from jobs.cli.progress import counted  # noqa: PLC0415 - imports rich

    write, how = TRACKERS[kind]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with counted("runs") as told:
            n_new = write(runs, folder, told)
    except OSError as error:
        raise FolderError(f"{folder} cannot be written: {error}") from error
    before = f", {len(runs) - n_new} were there" * (n_new < len(runs))
    return f"wrote {amount(n_new, 'run')} to {folder}{before}; `{how.format(folder=folder)}` takes them from there"
