"""The commands that list, plan, submit and watch runs. Heavy imports are made where they are used."""

from typing import Annotated

import typer

from jobs.cli.options import (
    DeviceOption,
    JsonOption,
    ProfileOption,
    SbatchOption,
    SharedOption,
    UsedOption,
    WorkersOption,
    chosen_device,
    chosen_profile,
    factors_of,
    n_workers_of,
    named_profile,
    print_json,
    warn,
)
from jobs.cli.selection import Selection
from jobs.sweep import SweepError
from results.plain import plain
from results.workspace import Workspace


def list_(chosen: Selection, *, as_json: JsonOption = False) -> None:
    """Every run: id, study, what, state.

    Example: hw1 list --study parameters
    """
    from jobs.status import status  # noqa: PLC0415 - imports pyarrow where there is a store

    runs = chosen.runs
    now = status(chosen.out)
    warn(now.damaged)
    if as_json:
        print_json(map(now.record, runs))
        return
    from jobs.cli.screen import runs_table  # noqa: PLC0415 - imports rich

    runs_table(runs, now)


def plan(
    chosen: Selection,
    workers: WorkersOption = None,
    profile: ProfileOption = None,
    sbatch: SbatchOption = None,
    device: DeviceOption = "auto",
    *,
    script: Annotated[bool, typer.Option("--script", help="Print what sbatch would get; needs --profile.")] = False,
    claims: Annotated[bool, typer.Option("--claims", help="Also how many seeds open claims need.")] = False,
    used: UsedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print pending runs packed into tasks, with estimated minutes, GPU hours and memory. Starts nothing.

    Example: hw1 plan --study mlp --profile palmetto
    """
    from jobs.plan.plan import plan as made  # noqa: PLC0415 - imports pyarrow where there is a store

    runs = chosen.runs
    folder, n_workers = chosen.out, n_workers_of(workers)
    cluster = chosen_profile(profile, sbatch)
    if script:
        if cluster is None:
            raise SweepError("`--script` prints what a cluster would get: give `--profile NAME`")
        from jobs.submission.cluster import scripts  # noqa: PLC0415 - imports submitit

        found = scripts(
            runs, chosen.project, out=folder, profile=cluster, n_workers=n_workers, device=chosen_device(device)
        )
        typer.echo(plain("\n".join(found), lines=True) if found else "nothing is pending", nl=not found)
        return
    planned = made(runs, chosen.project, out=folder, n_workers=n_workers, profile=cluster, device=chosen_device(device))
    warn(planned.damaged)
    if as_json:
        print_json(planned.records())
        return
    from jobs.cli.screen import plan_table  # noqa: PLC0415 - imports rich

    plan_table(planned)
    if used:
        from jobs.cli.used import show_used  # noqa: PLC0415 - imports rich

        show_used(runs, folder, factors_of(cluster))
    if claims:
        from jobs.cli.claims_commands import open_claims  # noqa: PLC0415 - imports pandas

        for line in open_claims(chosen.sweep, chosen.project, folder):
            typer.echo(plain(line))


def submit(
    chosen: Selection,
    workers: WorkersOption = None,
    profile: ProfileOption = None,
    sbatch: SbatchOption = None,
    device: DeviceOption = "auto",
    *,
    local: Annotated[bool, typer.Option("--local", help="Train here, in local processes.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="With --profile: stay until all has ended.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Then draw the page; on a cluster in a last job.")] = False,
    shared: SharedOption = False,
) -> None:
    """Train what is pending, here or on a cluster; never a finished run again. What is stopped continues where it was.

    Example: hw1 submit --local --smoke
    """
    from jobs.cli import submit  # noqa: PLC0415 - imports rich

    if local == (profile is not None):
        raise SweepError("say where to train: `--local` trains here, `--profile NAME` on a Slurm cluster")
    if wait and local:
        raise SweepError("`--wait` is for a cluster: `--local` stays anyway")
    where, n_workers = chosen_device(device), n_workers_of(workers)
    runs = chosen.runs
    folder, cluster = chosen.out, chosen_profile(profile, sbatch)
    if cluster is not None:
        from jobs.cli.page_job import PageJob  # noqa: PLC0415 - as heavy as what submits
        from jobs.submission.notice import NoticeJob  # noqa: PLC0415

        code = submit.submit_to_cluster(
            runs,
            chosen.project,
            out=folder,
            profile=cluster,
            n_workers=n_workers,
            device=where,
            wait=wait,
            shared=shared,
            page=PageJob.of(chosen.sweep, folder, factors_of(cluster)) if report and not wait else None,
            notice=NoticeJob.of(chosen.sweep, folder, cluster.notify.webhook) if cluster.notify.is_on else None,
        )
    else:
        from jobs.plan.tasks import n_cpus  # noqa: PLC0415 - imports submitit's side

        n = n_workers or n_cpus()
        ours = named_profile(chosen.profile)
        webhook = ours.notify.webhook if ours is not None else ""
        code = submit.submit_locally(
            runs, chosen.project, out=folder, n_workers=n, device=where, shared=shared, webhook=webhook
        )
    if report and (local or wait) and code != submit.INTERRUPTED:
        from jobs.cli.report import write  # noqa: PLC0415 - imports pandas and matplotlib

        factors = factors_of(cluster or named_profile(chosen.profile))
        for line in write(chosen.sweep, folder, Workspace(folder).report, factors=factors):
            typer.echo(plain(line))
    raise typer.Exit(code)


def status(
    chosen: Selection,
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until nothing runs or is queued.")] = False,
    with_time: Annotated[
        bool, typer.Option("--time", help="Also workers' time by study, estimated and taken.")
    ] = False,
    used: UsedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Runs done, running (epoch, time left), queued, failed and why, lost, pending; and what is left of the sweep.

    Example: hw1 status --watch
    """
    runs = chosen.runs
    folder = chosen.out
    if as_json:
        from jobs.status import status  # noqa: PLC0415 - imports pyarrow where there is a store

        now = status(folder)
        warn(now.damaged)
        print_json(map(now.record, runs))
    elif watch:
        from jobs.cli import submit  # noqa: PLC0415 - imports rich

        submit.watch(runs, folder)
    else:
        from jobs.cli.screen import show_status  # noqa: PLC0415 - imports rich

        show_status(runs, chosen.project, folder, with_time=with_time)
        if used:
            from jobs.cli.used import show_used  # noqa: PLC0415 - imports rich

            show_used(runs, folder, factors_of(named_profile(chosen.profile)))
