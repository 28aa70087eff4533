"""The command line `hw1`: thin commands over the rooms. Heavy imports are made where they are used."""

import sys
from contextlib import suppress
from typing import Annotated

import typer

from jobs.cli import streams
from jobs.cli.benching import bench
from jobs.cli.mistakes import told
from jobs.cli.options import (
    DatasetOption,
    DeviceOption,
    JsonOption,
    OutOption,
    PrecisionOption,
    PresetOption,
    ProfileOption,
    SbatchOption,
    SeedsOption,
    SharedOption,
    SmokeOption,
    StudyOption,
    VersionOption,
    WorkersOption,
    chosen_device,
    chosen_folder,
    chosen_profile,
    chosen_sweep,
    n_workers_of,
    print_json,
    warn,
)
from jobs.cli.publishing import collect, report
from jobs.cli.steering import cancel, clean, logs, profiles, retry
from jobs.sweep import SweepError, unknown
from results.plain import plain

app = typer.Typer(
    name="hw1",
    help="Train every run of the HW1 report, anywhere, once; then draw its figures.\n\n"
    "Begin with: hw1 submit --local --smoke, then hw1 report --smoke.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def hw1(*, version: VersionOption = False) -> None:
    """Options that need no command."""


@app.command("list")
def list_(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    precision: PrecisionOption = "fp32",
    out: OutOption = None,
    *,
    smoke: SmokeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Every run: id, study, what, state.

    Example: hw1 list --study parameters
    """
    from jobs.submission.status import standing  # noqa: PLC0415 - imports pyarrow where there is a store

    runs = chosen_sweep(study, preset, seeds, dataset, precision, smoke=smoke).runs()
    now = standing(chosen_folder(out))
    warn(now.damaged)
    if as_json:
        print_json(map(now.record, runs))
        return
    from jobs.cli.printing import runs_table  # noqa: PLC0415 - imports rich

    runs_table(runs, now)


@app.command()
def plan(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    precision: PrecisionOption = "fp32",
    out: OutOption = None,
    workers: WorkersOption = None,
    profile: ProfileOption = None,
    sbatch: SbatchOption = None,
    device: DeviceOption = "auto",
    *,
    script: Annotated[bool, typer.Option("--script", help="Print what sbatch would get; needs --profile.")] = False,
    smoke: SmokeOption = False,
    as_json: JsonOption = False,
) -> None:
    """What is pending, packed into tasks, with estimated minutes, GPU hours and memory. Starts nothing.

    Example: hw1 plan --study minimal_ratio --profile palmetto
    """
    from jobs.plan.planning import plan as made  # noqa: PLC0415 - imports pyarrow where there is a store

    runs = chosen_sweep(study, preset, seeds, dataset, precision, smoke=smoke).runs()
    folder, n_workers = chosen_folder(out), n_workers_of(workers)
    cluster = chosen_profile(profile, sbatch)
    if script:
        if cluster is None:
            raise SweepError("`--script` prints what a cluster would get: give `--profile NAME`")
        from jobs.submission.cluster import scripts  # noqa: PLC0415 - imports submitit

        found = scripts(runs, out=folder, profile=cluster, n_workers=n_workers, device=chosen_device(device))
        typer.echo(plain("\n".join(found), lines=True) if found else "nothing is pending", nl=not found)
        return
    planned = made(runs, out=folder, n_workers=n_workers, profile=cluster, device=chosen_device(device))
    warn(planned.damaged)
    if as_json:
        print_json(planned.records())
        return
    from jobs.cli.printing import plan_table  # noqa: PLC0415 - imports rich

    plan_table(planned)


@app.command()
def submit(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    precision: PrecisionOption = "fp32",
    out: OutOption = None,
    workers: WorkersOption = None,
    profile: ProfileOption = None,
    sbatch: SbatchOption = None,
    device: DeviceOption = "auto",
    *,
    local: Annotated[bool, typer.Option("--local", help="Train here, in local processes.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="With --profile: stay until all has ended.")] = False,
    shared: SharedOption = False,
    smoke: SmokeOption = False,
) -> None:
    """Train what is pending, here or on a cluster; never a finished run again. What is stopped continues where it was.

    Example: hw1 submit --local --smoke
    """
    from jobs.cli import submitting  # noqa: PLC0415 - imports rich

    if local == (profile is not None):
        raise SweepError("say where to train: `--local` trains here, `--profile NAME` on a Slurm cluster")
    if wait and local:
        raise SweepError("`--wait` is for a cluster: `--local` stays anyway")
    chosen, n_workers = chosen_device(device), n_workers_of(workers)
    runs = chosen_sweep(study, preset, seeds, dataset, precision, smoke=smoke).runs()
    folder, cluster = chosen_folder(out), chosen_profile(profile, sbatch)
    if cluster is not None:
        code = submitting.submit_to_cluster(
            runs, out=folder, profile=cluster, n_workers=n_workers, device=chosen, wait=wait, shared=shared
        )
    else:
        from jobs.plan.tasking import n_cpus  # noqa: PLC0415 - imports submitit's side

        n = n_workers or n_cpus()
        code = submitting.submit_locally(runs, out=folder, n_workers=n, device=chosen, shared=shared)
    raise typer.Exit(code)


@app.command()
def status(
    study: StudyOption = None,
    preset: PresetOption = "report",
    seeds: SeedsOption = 1,
    dataset: DatasetOption = "mnist",
    precision: PrecisionOption = "fp32",
    out: OutOption = None,
    *,
    smoke: SmokeOption = False,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until nothing runs or is queued.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Runs done, running (epoch, time left), queued, failed and why, lost, pending.

    Example: hw1 status --watch
    """
    runs = chosen_sweep(study, preset, seeds, dataset, precision, smoke=smoke).runs()
    folder = chosen_folder(out)
    if as_json:
        from jobs.submission.status import standing  # noqa: PLC0415 - imports pyarrow where there is a store

        now = standing(folder)
        warn(now.damaged)
        print_json(map(now.record, runs))
    elif watch:
        from jobs.cli import submitting  # noqa: PLC0415 - imports rich

        submitting.watch(runs, folder)
    else:
        from jobs.cli.printing import show_status  # noqa: PLC0415 - imports rich

        show_status(runs, folder)


@app.command()
def data(dataset: DatasetOption = "mnist") -> None:
    """Check the embedded MNIST; fetch another data set on a machine that has internet.

    Example: hw1 data --dataset fashion-mnist
    """
    from hw1 import datasets, files  # noqa: PLC0415 - imports torch

    wrong = unknown("dataset", [dataset], files.DATASETS)
    if wrong:
        raise SweepError(*wrong)
    if dataset != files.EMBEDDED:
        datasets.fetch(dataset)
    counts = datasets.check(dataset)
    typer.echo(f"{dataset}: {counts['train']} training and {counts['test']} test images, checksums right")


for command in (collect, report, bench, logs, cancel, retry, profiles, clean):
    app.command()(command)


def main() -> None:
    """Run the command line; a mistake of the user's, or what the system refuses, is one line and exit code 2."""
    streams.prepare()
    try:
        code = _exit_code()
        streams.flush()
    except BrokenPipeError:  # nobody reads on, as in `hw1 list | head`
        code = 1
    except Exception as error:
        said = told(error)
        if said is None:
            raise
        typer.echo(f"hw1: {said}", err=True)
        code = 2
    with suppress(OSError):
        streams.flush()
    sys.exit(code)


def _exit_code() -> str | int | None:
    try:
        app()
    except SystemExit as end:
        return end.code
    return 0
