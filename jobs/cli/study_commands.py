"""The commands with which a study begins: init, and run, which trains one run in the foreground."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.options import DeviceOption, chosen_device
from jobs.cli.selection import Selection
from jobs.cli.settings import NAME
from jobs.spec import Spec
from jobs.sweep import SweepError
from jobs.typed import one
from jobs.worker.device import device_of
from results.disk import write_whole
from results.plain import plain

if TYPE_CHECKING:
    from jobs.state import State

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\.py")
STUDY = '''"""How close a random walk comes to its mean: replace this by what you want to know."""

import random

from jobs import Run, grid, study


@study(runs=grid(stride=[0.5, 1.0], seed=range(5), n_steps=2000), smoke={"n_steps": 20})
def walk(run: Run, *, stride: float, seed: int, n_steps: int) -> dict[str, float]:
    """Distance of a random walk from its start."""
    chance, at = random.Random(seed), [0.0]
    for k in run.steps(n_steps, keep={"at": at, "chance": chance}):
        at[0] += stride * chance.choice((-1, 1))
        if k % 100 == 0:
            run.log(distance=abs(at[0]))
    return {"final_distance": abs(at[0])}
'''


def init(
    file: Annotated[str, typer.Argument(help="The study's file, to be made here.", metavar="FILE.py")],
) -> None:
    """Write a study that runs at once, and hw1.toml, which makes it the project of this folder.

    Example: hw1 init digits.py
    """
    if not _NAME.fullmatch(file):
        raise SweepError(f"`{file}` must be a Python file's name, as in digits.py")
    for name in (file, NAME):
        if os.path.lexists(name):
            raise SweepError(f"{Path(name).absolute()} is there already: give another name, or work in another folder")
    write_whole(Path(file), STUDY)
    write_whole(Path(NAME), f'project = "{file}"\nout = "out"\n')
    typer.echo(f"wrote {file} and {NAME}: `hw1 list` shows its runs, `hw1 submit --local` trains them")


def run(
    chosen: Selection,
    name: Annotated[str, typer.Argument(help="A run's id or its first digits.", metavar="RUN")],
    device: DeviceOption = "auto",
) -> None:
    """Train one run in this process, from its start, for a debugger; nothing is stored.

    Example: hw1 run 3f2a
    """
    from jobs.worker.needs import reader  # noqa: PLC0415 - imports pyarrow

    where, by_id = chosen_device(device), {run.run_id: run for run in chosen.runs}
    wanted = one(name, whole={}, ids={"run": by_id}, none="is no run of this sweep: `hw1 list` prints ids")
    spec = by_id[wanted.name].spec
    spec.check_inputs()
    _check_needs(spec, chosen.out)
    on = device_of(spec, where)
    typer.echo(f"{spec.run_id} {plain(spec.label)}")

    def see(state: "State") -> None:
        typer.echo(f"{state.unit} {state.step} of {state.n_steps}")

    last = spec.drive([spec], device=on, see=see, earlier=reader(chosen.out))
    for run_id, text in last.failures.items():
        typer.echo(plain(f"failed: {run_id}: {text}", lines=True))
    for table, columns in (last.tables or {}).items():
        n_rows = max(map(len, columns.values()), default=0)
        shown = ", ".join(f"{key} {values[-1]}" for key, values in columns.items() if n_rows and key != "run_id")
        typer.echo(plain(f"{table}: {n_rows} row(s){': ' * bool(shown)}{shown}"))
    raise typer.Exit(1 if last.failures else 0)


def _check_needs(spec: Spec, out: Path) -> None:
    """See that the runs that one needs are done.

    Raises:
        SweepError: If one is not.
    """
    from jobs.status import status  # noqa: PLC0415 - imports pyarrow where there is a store

    needs = spec.needs()
    now = status(out) if needs else None
    absent = [each for each in needs if now is not None and now.state(each.run_id) != "done"]
    if absent:
        kinds = ", ".join(dict.fromkeys(each.kind for each in absent))
        what = f"it needs {len(absent)} run(s) of {kinds} that are not done, run {absent[0].run_id} first of all"
        raise SweepError(f"run {spec.run_id} cannot be trained yet: {what}; `hw1 submit` trains both")
