"""The command line `hw1`: thin commands over the rooms. Heavy imports are made where they are used."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.sweep import DEVICES, Device, Sweep, SweepError, sweep
from results.folder import FolderError, output_folder

if TYPE_CHECKING:
    from slurm.profiles import Profile

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
    int | None,
    typer.Option("--workers", help="Tasks to make; else one a core, on a cluster one a minute of work.", metavar="N"),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="A cluster: a name from `hw1 profiles`, or a file.", metavar="NAME|PATH")
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]


def _sweep(studies: list[str] | None, preset: str, n_seeds: int, dataset: str, *, smoke: bool) -> Sweep:
    return sweep(studies=studies or [], preset=preset, n_seeds=n_seeds, smoke=smoke, dataset=dataset)


def _workers(n: int | None) -> int | None:
    if n is not None and n < 1:
        raise SweepError(f"`--workers` must be at least 1, got {n}")
    return n


def _device(name: str) -> Device:
    chosen = next((known for known in DEVICES if known == name), None)
    if chosen is None:
        raise SweepError(f"`--device` must be one of {', '.join(DEVICES)}, got {name!r}")
    return chosen


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
    profile: ProfileOption = None,
    device: DeviceOption = "auto",
    *,
    script: Annotated[bool, typer.Option("--script", help="Print what sbatch would get; needs --profile.")] = False,
    smoke: SmokeOption = False,
    as_json: JsonOption = False,
) -> None:
    """What is pending, packed into tasks, with estimated minutes, GPU hours and memory. Starts nothing.

    Example: hw1 plan --study minimal_ratio --profile palmetto
    """
    from jobs.planning import plan as made  # noqa: PLC0415 - imports pyarrow where there is a store

    runs = _sweep(study, preset, seeds, dataset, smoke=smoke).runs()
    folder, n_workers = output_folder(out), _workers(workers)
    cluster = _profile(profile) if profile is not None else None
    if script:
        if cluster is None:
            raise SweepError("`--script` prints what a cluster would get: give `--profile NAME`")
        from jobs.cluster import scripts  # noqa: PLC0415 - imports submitit

        found = scripts(runs, out=folder, profile=cluster, n_workers=n_workers, device=_device(device))
        typer.echo("\n".join(found) if found else "nothing is pending", nl=not found)
        return
    planned = made(runs, out=folder, n_workers=n_workers, profile=cluster)
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
    profile: ProfileOption = None,
    device: DeviceOption = "auto",
    *,
    local: Annotated[bool, typer.Option("--local", help="Train here, in local processes.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="With --profile: stay until all has ended.")] = False,
    smoke: SmokeOption = False,
) -> None:
    """Train what is pending, here or on a cluster; never a finished run again. What is stopped continues where it was.

    Example: hw1 submit --local --smoke
    """
    from jobs import submitting  # noqa: PLC0415 - imports rich

    if local == (profile is not None):
        raise SweepError("say where to train: `--local` trains here, `--profile NAME` on a Slurm cluster")
    if wait and local:
        raise SweepError("`--wait` is for a cluster: `--local` stays anyway")
    chosen, n_workers = _device(device), _workers(workers)
    runs = _sweep(study, preset, seeds, dataset, smoke=smoke).runs()
    folder = output_folder(out)
    if profile is not None:
        cluster = _profile(profile)
        code = submitting.submit_to_cluster(
            runs, out=folder, profile=cluster, n_workers=n_workers, device=chosen, wait=wait
        )
    else:
        from jobs.tasking import n_cpus  # noqa: PLC0415 - imports submitit's side

        code = submitting.submit_locally(runs, out=folder, n_workers=n_workers or n_cpus(), device=chosen)
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
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until nothing runs or is queued.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Runs done, running (epoch, time left), queued, failed and why, lost, pending.

    Example: hw1 status --watch
    """
    runs = _sweep(study, preset, seeds, dataset, smoke=smoke).runs()
    folder = output_folder(out)
    if as_json:
        from jobs.standing import standing  # noqa: PLC0415 - imports pyarrow where there is a store

        now = standing(folder)
        _print_json([now.record(run) for run in runs])
    elif watch:
        from jobs import submitting  # noqa: PLC0415 - imports rich

        submitting.watch(runs, folder)
    else:
        from jobs.printing import show_status  # noqa: PLC0415 - imports rich

        show_status(runs, folder)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="A run's id or its first digits, or a task's name.", metavar="RUN|TASK")],
    out: OutOption = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the log grows; Ctrl-C ends.")] = False,
) -> None:
    """The log of a run's pack, or of a task's job.

    Example: hw1 logs 3f2a -f
    """
    from jobs.logs import follow as following  # noqa: PLC0415 - a command of its own
    from jobs.logs import found  # noqa: PLC0415

    paths = found(output_folder(out), name)
    if not paths:
        raise SweepError(f"no log of a run or task {name!r}: `hw1 list` prints ids, and a log begins when a run does")
    for path in paths if not follow else []:
        typer.echo(path.read_text(encoding="utf-8", errors="replace"), nl=False)
    for line in following(paths[-1]) if follow else ():
        typer.echo(line)


@app.command()
def cancel(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Runs (their ids' first digits), studies, submissions.", metavar="[RUN|STUDY|SUBMISSION]"),
    ] = None,
    out: OutOption = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that Slurm has of this output folder.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take runs back from Slurm; what has begun keeps its checkpoint, and the next submission goes on with it.

    Example: hw1 cancel minimal_ratio --yes
    """
    from jobs.cancelling import cancel as cancelled  # noqa: PLC0415 - imports submitit

    if everything == bool(what):
        raise SweepError("say what to cancel: runs, studies or submissions by name, or `--all`")
    raise typer.Exit(cancelled(what, output_folder(out), yes=yes, ask=typer.confirm, say=typer.echo))


@app.command()
def retry(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    out: OutOption = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only nan, exception, memory or killed; may be given again.")
    ] = None,
    *,
    smoke: SmokeOption = False,
) -> None:
    """Make failed runs pending again: the next submission trains them.

    Example: hw1 retry --kind memory
    """
    from jobs.commits import FAILURES  # noqa: PLC0415 - imports pyarrow
    from results.store import Store  # noqa: PLC0415 - likewise

    unknown = sorted(set(kind or []) - set(FAILURES))
    if unknown:
        raise SweepError(f"`--kind` must be one of {', '.join(FAILURES)}, got {', '.join(unknown)}")
    store = Store(output_folder(out))
    chosen = {run.run_id for run in _sweep(study, preset, seeds, dataset, smoke=smoke).runs()}
    failed = store.failed()
    again = sorted(i for i in failed.keys() & chosen if not kind or failed[i].failure in kind)
    store.clear_failures(again)
    typer.echo(f"{len(again)} run(s) are pending again" if again else "no such run of this sweep has failed")


@app.command()
def profiles(
    name: Annotated[str | None, typer.Argument(help="Show this one.", metavar="[NAME|PATH]")] = None,
) -> None:
    """The clusters that can be submitted to, or every value of one and what it means.

    Example: hw1 profiles palmetto
    """
    from jobs.printing import profile_table, profiles_table  # noqa: PLC0415 - imports rich
    from slurm.profiles import load, names, where  # noqa: PLC0415 - imports pydantic

    if name is not None:
        profile_table(load(name))
    else:
        profiles_table(names(), where())


@app.command()
def clean(out: OutOption = None) -> None:
    """Remove what old submissions left: their scripts, logs and snapshots of the code. Never results.

    Example: hw1 clean
    """
    from jobs.cluster import clean as cleaned  # noqa: PLC0415 - imports submitit

    removed = cleaned(output_folder(out))
    typer.echo(f"removed {len(removed)} folder(s) of old submissions" if removed else "nothing to remove")


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


def _profile(name: str) -> "Profile":
    from slurm.profiles import load  # noqa: PLC0415 - imports pydantic

    return load(name)


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
    from slurm.profiles import ProfileError  # noqa: PLC0415 - imports pydantic
    from slurm.queue import SlurmError  # noqa: PLC0415

    return SweepError, FolderError, DataError, StoreError, NothingCollected, ProfileError, SlurmError
