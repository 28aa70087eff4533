"""An output folder with a file of every kind, made by the commands themselves, and what its runs' numbers are."""

import os
import pickle
import shutil
import signal
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hw1.project import PROJECT, REFERENCE
from jobs.tests.faults import commands

if TYPE_CHECKING:
    from jobs.sweep import Run

SWEEP = ("--smoke", "--study", "simulate", "--study", "empty")
ALL = (*SWEEP, "--seeds", "5")
"""The sweep whose truth is known. The folder has 4 of its 5 seeds, and the fifth begun."""

_NO_JOB = "66000000"
"""An id that Slurm has not given to anyone."""

Rows = Mapping[str, list[str]]
"""Of one run: by table, in a fixed order, to the last bit."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The folder, and what is known of it."""

    out: Path
    older: Path
    """The same folder earlier."""
    profile: Path
    truth: Mapping[str, Rows]
    """By run, of an uninterrupted sweep."""
    done: frozenset[str]
    """Runs that are done in ``out``."""
    own: Mapping[Path, frozenset[str]]
    """The runs with rows in each file of the store, by the file's path below ``out``."""


def make(place: Path) -> Sample:
    """Make all that is needed in an empty folder; in a process of its own, so that this one need not import torch."""
    said = place / "said"
    said.mkdir()
    path = place / "sample.pickle"

    def call() -> None:
        commands.preload()
        path.write_bytes(pickle.dumps(_made(place, place / "said" / "inner")))

    ended = commands.forked(call, into=said, limit_s=900)
    if ended.code:
        raise RuntimeError(f"no sample could be made: {ended.stderr}")
    found: Sample = pickle.loads(path.read_bytes())  # noqa: S301 - just written
    return found


def _made(place: Path, said: Path) -> Sample:
    said.mkdir()
    truth, out, older, profile = place / "truth", place / "out", place / "older", place / "profile.toml"
    _train(truth, said, n_seeds=5)
    _type(said, "submit", "--local", "--study", "empty", "--out", out)
    for n_seeds in (2, 3, 4):
        _train(out, said, n_seeds=n_seeds)
        if n_seeds < 4:
            _type(said, "collect", *SWEEP, "--seeds", str(n_seeds), "--out", out)
        if n_seeds == 2:
            _type(said, "report", *SWEEP, "--seeds", "2", "--out", out)
            shutil.copytree(out, older, symlinks=True)
    _train(out, said, n_seeds=5, slowly=True)
    _prepare(out, profile)
    was = _own(older)
    return Sample(
        out=out,
        older=older,
        profile=profile,
        truth=by_run_apart(truth, said),
        done=frozenset(by_run_apart(out, said)),
        own={path: ids | was.get(path, frozenset()) for path, ids in _own(out).items()},
    )


def by_run(out: Path) -> dict[str, Rows]:
    """Every stored number of each run that is done, in a fixed order; without what a store is not compared by."""
    from jobs.tests.stored import TOLD  # noqa: PLC0415 - imports pyarrow, which is not to start before `preload`
    from results.store import Store  # noqa: PLC0415

    store = Store(out)
    tables = store.read_all()
    rows: dict[str, dict[str, list[str]]] = {run_id: {} for run_id in store.done()}
    for name, table in tables.items():
        if name != "failures":
            for row in table.to_pylist():
                kept = repr({column: value for column, value in row.items() if column not in TOLD})
                rows.setdefault(row["run_id"], {}).setdefault(name, []).append(kept)
    return {run_id: {name: sorted(texts) for name, texts in found.items()} for run_id, found in rows.items()}


def by_run_apart(out: Path, said: Path) -> dict[str, Rows]:
    """The same, read in a process of its own, so that this one has no threads when it forks."""
    path = said / "rows.pickle"
    ended = commands.forked(lambda: path.write_bytes(pickle.dumps(by_run(out))), into=said, limit_s=60)
    if ended.code:
        raise RuntimeError(ended.stderr)
    found: dict[str, Rows] = pickle.loads(path.read_bytes())  # noqa: S301 - just written
    return found


def _type(said: Path, *arguments: object) -> None:
    ended = commands.hw1([str(argument) for argument in arguments], into=said, limit_s=600)
    if ended.code:
        raise RuntimeError(f"{arguments} ended with {ended.code}: {ended.stdout}{ended.stderr}")


def _train(out: Path, said: Path, *, n_seeds: int, slowly: bool = False) -> None:
    """Be a worker that trains what is left; slowly, one that is killed once it has written a checkpoint."""

    def work() -> None:
        if slowly:
            save_every_state(n_iterations=1)
            threading.Thread(target=_die_once_begun, args=(out / "checkpoints",), daemon=True).start()
        _work(out, n_seeds=n_seeds, studies=("simulate",) if slowly else ("simulate", "empty"))

    ended = commands.forked(work, into=said, limit_s=300)
    if ended.code != (-signal.SIGKILL if slowly else 0):
        raise RuntimeError(f"training ended with {ended.code}: {ended.stderr}")


def save_every_state(*, n_iterations: int) -> None:
    """From here on a worker of this process writes a checkpoint and a heartbeat after so many iterations."""
    import hw1.function_fit  # noqa: PLC0415 - imports torch
    import jobs.worker.commits  # noqa: PLC0415
    import jobs.worker.session  # noqa: PLC0415
    import jobs.worker.worker  # noqa: PLC0415

    for module, name, value in (
        (jobs.worker.session, "CHECKPOINT_EVERY_S", 0.0),
        (jobs.worker.session, "HEARTBEAT_EVERY_S", 0.0),
        (jobs.worker.worker, "AGAIN_S", 0.05),
        (jobs.worker.commits, "AGAIN_S", 0.05),
        (hw1.function_fit, "ITERATIONS_PER_STATE", n_iterations),
    ):
        getattr(module, name)  # has not moved
        setattr(module, name, value)


def _work(out: Path, *, n_seeds: int, studies: Collection[str]) -> None:
    from jobs.plan.packs import packs  # noqa: PLC0415
    from jobs.worker import provenance  # noqa: PLC0415 - imports torch
    from jobs.worker.workload import Work  # noqa: PLC0415
    from results.store import Store  # noqa: PLC0415

    done = Store(out).done()
    left = [run for run in runs(n_seeds) if run.run_id not in done and run.study.name in studies]
    Work.of(
        packs(left, n_workers=2),
        out=out,
        origin=PROJECT.origin,
        device="cpu",
        code=provenance.Code(commit="", dirty=None),
    )()


def _die_once_begun(checkpoints: Path) -> None:
    while not any(checkpoints.glob("[!.]*.pt")):
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)


def runs(n_seeds: int) -> "list[Run]":
    """Every run of the sweep."""
    from hw1.tests.sweeps import sweep  # noqa: PLC0415 - imports the studies

    chosen = sweep(studies=["simulate", "empty"], preset="report", n_seeds=n_seeds, smoke=True, dataset="mnist")
    return chosen.runs()


def _prepare(out: Path, profile: Path) -> None:
    """What a cluster's submissions leave, and what is only there after a benchmark."""
    import slurm.profiles  # noqa: PLC0415 - imports pydantic
    from jobs.status import status  # noqa: PLC0415
    from jobs.submission.cluster import _packages, planned  # noqa: PLC0415
    from jobs.submission.travel import brought  # noqa: PLC0415
    from results.store import Store  # noqa: PLC0415
    from slurm import ledger, script, snapshot, submit  # noqa: PLC0415

    text = Path(slurm.profiles.__file__).with_name("palmetto.toml").read_text(encoding="utf-8")
    profile.write_text(text.replace('"/scratch/{user}"', '""'), encoding="utf-8")
    shutil.copyfile(REFERENCE / "bench.parquet", out / "bench.parquet")
    chosen, done = slurm.profiles.load(str(profile)), Store(out).done()
    code = snapshot.take([*_packages(), *brought(PROJECT.origin)], into=out / "code", without=[REFERENCE])
    left = [run for run in runs(5) if run.run_id not in done]
    _, tasks = planned(left, PROJECT, out=out, profile=chosen, n_workers=2, device="cpu", now=status(out))
    for state in ("open", "finished"):
        made = ledger.record(
            [[task] for task in tasks], folder=out, prefix="hw1", profile=chosen, code=code, max_array_size=9
        )
        array = made.arrays[0]
        (made.folder / f"{array.name}.sh").write_text(script.text(submit._script(array, made.folder, chosen, code, ())))
        made.note_job(array, _NO_JOB)
        made.log(0).write("started", job_id=f"{_NO_JOB}_0", node="node1")
        made.log(0).write(
            "ended", job_id=f"{_NO_JOB}_0", node="node1", kind="killed", message="killed 3 times in a row"
        )
        made.stderr(f"{_NO_JOB}_0").write_text("srun: error: task 0: Killed\n")
        made.stdout(f"{_NO_JOB}_0").write_text("\n")
        made.cancel([key for keys in made.keys for key in keys][:1])
        made.close(1, "cancelled")
        if state == "finished":
            made.finish()


def _own(out: Path) -> dict[Path, frozenset[str]]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    found = {}
    for path in sorted((out / "store").glob("**/*.parquet")):
        found[path.relative_to(out)] = frozenset(pq.read_table(path, columns=["run_id"])["run_id"].to_pylist())
    return found
