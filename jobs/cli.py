"""The command line `hw1`: thin commands over the rooms. Heavy imports are made where they are used."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.sweep import DEVICES, Sweep, SweepError, sweep
from results.folder import FolderError, output_folder

app = typer.Typer(
    name="hw1",
    help="Train every run of the HW1 report, anywhere, once; then draw its figures.\n\n"
    "Begin with: hw1 submit --local --smoke, then hw1 report --smoke.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StudyOption = Annotated[
    list[str] | None, typer.Option("--study", help="Only this study; may be given again.", metavar="NAME")
]
PresetOption = Annotated[str, typer.Option("--preset", help="report, or notebook: what the notebooks ran.")]
SeedsOption = Annotated[int, typer.Option("--seeds", help="Repeat every study under seeds 0 to N−1.", metavar="N")]
SmokeOption = Annotated[bool, typer.Option("--smoke", help="A minute's worth of everything, marked as such.")]
DatasetOption = Annotated[str, typer.Option("--dataset", help="mnist (embedded), fashion-mnist or kmnist.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Output folder; else $HW1_OUT, else out/.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", help="Tasks at once; default: one a core.", metavar="N")
]


def _sweep(studies: list[str] | None, preset: str, n_seeds: int, dataset: str, *, smoke: bool) -> Sweep:
    return sweep(studies=studies or [], preset=preset, n_seeds=n_seeds, smoke=smoke, dataset=dataset)


def _workers(n: int | None) -> int:
    from jobs.local import n_cpus  # noqa: PLC0415 - imports submitit's side

    if n is not None and n < 1:
        raise SweepError(f"`--workers` must be at least 1, got {n}")
    return n or n_cpus()


@app.command("list")
def list_(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    out: OutOption = None,
    *,
    smoke: SmokeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Every run: id, study, what, state.

    Example: hw1 list --study parameters
    """
    from jobs.standing import standing  # noqa: PLC0415 - imports pyarrow where there is a store

    runs = _sweep(study, preset, seeds, dataset, smoke=smoke).runs()
    now = standing(output_folder(out))
    records = [now.record(run) for run in runs]
    if as_json:
        _print_json(records)
        return
    from jobs.printing import runs_table  # noqa: PLC0415 - imports rich

    runs_table(records)


@app.command()
def plan(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    out: OutOption = None,
    workers: WorkersOption = None,
    *,
    smoke: SmokeOption = False,
    as_json: JsonOption = False,
) -> None:
    """What is pending, packed into tasks, with estimated minutes and memory. Starts nothing.

    Example: hw1 plan --study minimal_ratio --workers 4
    """
    from jobs.planning import plan as made  # noqa: PLC0415 - imports pyarrow where there is a store

    n_workers = _workers(workers)
    runs = _sweep(study, preset, seeds, dataset, smoke=smoke).runs()
    planned = made(runs, out=output_folder(out), n_workers=n_workers)
    if as_json:
        _print_json(planned.records())
        return
    from jobs.printing import plan_table  # noqa: PLC0415 - imports rich

    plan_table(planned)


@app.command()
def submit(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    out: OutOption = None,
    workers: WorkersOption = None,
    profile: Annotated[str | None, typer.Option("--profile", help="A cluster's profile: none in this version.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    *,
    local: Annotated[bool, typer.Option("--local", help="Train here, in local processes.")] = False,
    smoke: SmokeOption = False,
) -> None:
    """Train what is pending; never a finished run again. Ctrl-C keeps all and says how to continue.

    Example: hw1 submit --local --smoke
    """
    from jobs.submitting import submit_locally  # noqa: PLC0415 - imports rich and submitit's side

    if profile is not None:
        raise SweepError(f"unknown profile {profile!r}: this version knows none; train here with --local")
    if not local:
        raise SweepError("say where to train: `--local` trains here, in local processes")
    chosen = next((known for known in DEVICES if known == device), None)
    if chosen is None:
        raise SweepError(f"`--device` must be one of {', '.join(DEVICES)}, got {device!r}")
    runs = _sweep(study, preset, seeds, dataset, smoke=smoke).runs()
    code = submit_locally(runs, out=output_folder(out), n_workers=_workers(workers), device=chosen)
    raise typer.Exit(code)


@app.command()
def status(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    out: OutOption = None,
    *,
    smoke: SmokeOption = False,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until nothing runs.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Runs done, running (epoch, time left), pending, failed and why.

    Example: hw1 status --watch
    """
    runs = _sweep(study, preset, seeds, dataset, smoke=smoke).runs()
    folder = output_folder(out)
    if as_json:
        from jobs.standing import standing  # noqa: PLC0415 - imports pyarrow where there is a store

        now = standing(folder)
        failed = {run_id: failure.message for run_id, failure in now.failed.items()}
        records = [{**now.record(run), "why": failed.get(run.run_id)} for run in runs]
        _print_json(records)
        return
    from jobs.printing import show_status  # noqa: PLC0415 - imports rich

    show_status(runs, folder, watch=watch)


@app.command()
def logs(
    run: Annotated[str, typer.Argument(help="A run's id, or its first digits.", metavar="RUN")],
    out: OutOption = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the log grows; Ctrl-C ends.")] = False,
) -> None:
    """The log of a run's pack.

    Example: hw1 logs 3f2a -f
    """
    from jobs.logs import follow as following  # noqa: PLC0415 - a command of its own
    from jobs.logs import logs_of  # noqa: PLC0415

    found = logs_of(output_folder(out), run)
    if not found:
        raise SweepError(f"no log names a run {run!r}: `hw1 list` prints the ids, and a log begins when a run does")
    for path in found if not follow else []:
        typer.echo(path.read_text(encoding="utf-8"), nl=False)
    for line in following(found[-1]) if follow else ():
        typer.echo(line)


@app.command()
def retry(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    out: OutOption = None,
    *,
    smoke: SmokeOption = False,
) -> None:
    """Make failed runs pending again: the next submission trains them.

    Example: hw1 retry --study simulate
    """
    from results.store import Store  # noqa: PLC0415 - imports pyarrow

    store = Store(output_folder(out))
    chosen = {run.run_id for run in _sweep(study, preset, seeds, dataset, smoke=smoke).runs()}
    failed = sorted(store.failed().keys() & chosen)
    store.clear_failures(failed)
    typer.echo(f"{len(failed)} run(s) are pending again" if failed else "no run of this sweep has failed")


@app.command()
def collect(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    out: OutOption = None,
    *,
    smoke: SmokeOption = False,
) -> None:
    """Compact what workers wrote into one parquet file a table; name what is missing or damaged.

    Example: hw1 collect
    """
    from jobs.reporting import collected  # noqa: PLC0415 - imports pyarrow

    runs = _sweep(study, preset, seeds, dataset, smoke=smoke).runs()
    for line in collected(runs, output_folder(out)):
        typer.echo(line)


@app.command()
def report(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    out: OutOption = None,
    *,
    smoke: SmokeOption = False,
) -> None:
    """Draw the 21 figures and write report.html and report.md from what is collected.

    Example: hw1 report --preset notebook
    """
    from jobs.reporting import write  # noqa: PLC0415 - imports pandas and matplotlib

    chosen = _sweep(study, preset, seeds, dataset, smoke=smoke)
    for line in write(chosen, output_folder(out)):
        typer.echo(line)


@app.command()
def data(dataset: DatasetOption = "mnist") -> None:
    """Check the embedded MNIST; fetch another data set on a machine that has internet.

    Example: hw1 data --dataset fashion-mnist
    """
    from hw1 import datasets, files  # noqa: PLC0415 - imports torch

    if dataset in files.DATASETS and dataset != files.EMBEDDED:
        datasets.fetch(dataset)
    counts = datasets.check(dataset)
    typer.echo(f"{dataset}: {counts['train']} training and {counts['test']} test images, checksums right")


def _print_json(value: Any) -> None:  # noqa: ANN401 - anything JSON holds
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def main() -> None:
    """Run the command line; a mistake of the user's is one line and exit code 2."""
    try:
        app()
    except Exception as error:
        if not isinstance(error, _mistakes()):
            raise
        typer.echo(f"hw1: {error}", err=True)
        sys.exit(2)


def _mistakes() -> tuple[type[Exception], ...]:
    """Errors that tell the user what would be right. Imported only once one of them may have been raised."""
    from analysis.frames import NothingCollected  # noqa: PLC0415 - imports pandas
    from hw1.files import DataError  # noqa: PLC0415
    from results.errors import StoreError  # noqa: PLC0415

    return SweepError, FolderError, DataError, StoreError, NothingCollected
