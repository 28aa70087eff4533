"""Submits what is pending to a Slurm cluster, and has it cancelled."""

import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import analysis
import jobs
import results
import slurm
from jobs.pack import Pack
from jobs.plan.calibration import calibration, note
from jobs.plan.packs import packs, tasks_alike
from jobs.plan.tasks import callables, check_inputs, check_writable, n_jobs
from jobs.project import Project
from jobs.status import LAST, NOTICE, PAGE, Status, reconciled, status
from jobs.submission.travel import brought
from jobs.sweep import Device, Run, SweepError
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.provenance import code
from results.folder import check_usable, lock
from results.workspace import Workspace
from slurm import elements, private, queue, snapshot
from slurm.ledger import Submission
from slurm.ledgers import submissions
from slurm.profiles import Profile
from slurm.submit import SubmissionError, preview
from slurm.submit import submit as submit_tasks
from slurm.tasks import Task

PREFIX = "hw1"
LAST_GB = {PAGE: 4.0, NOTICE: 2.0}
"""Memory in which a page of a million runs is drawn, and their states are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitted:
    """Outcome of a submission."""

    before: Status
    n_runs: int
    """Handed to Slurm."""
    n_tasks: int
    submissions: list[Submission]
    tells: bool = False
    """True if a last job will tell somebody."""


def submit(  # noqa: PLR0913 - all but the first by name
    runs: Sequence[Run],
    project: Project,
    *,
    out: Path,
    profile: Profile,
    n_workers: int | None,
    device: Device,
    shared: bool = False,
    page: Callable[[], object] | None = None,
    notice: Callable[[], object] | None = None,
) -> Submitted:
    """Hand what is pending to Slurm; what is lost or stuck is taken back first. One submission a folder at a time.

    `page`, `notice`: called by jobs of their own once all that Slurm has of the folder has ended, the notice last;
    each replaces one that waits.

    Raises:
        FolderError: If the folder cannot be used, or somebody is submitting or training into it.
        UnsafeFolderError: If others may write where code is run from, and it is not `shared`.
        ProfileError: If the profile wants another output folder.
        StoreError: If the store was written by another version.
        DataError: If the data set is not here, or damaged.
        ProjectError: If the project's own code cannot be sent along.
        SubmissionError: If Slurm does not take it; says what it has taken.
    """
    profile.check_output(out)
    if not queue.is_here():
        raise SubmissionError("Slurm's commands are not on this machine: log in to the cluster, or train with --local")
    check_usable(out)
    private.prepare(out, shared=shared)
    with lock(out):
        before = reconciled(out)
        if before.cluster.silent:
            raise SubmissionError(f"nothing was submitted: {before.cluster.silent}")
        pending = before.pending(runs)
        handed: list[Submission] = []
        calls: list[Task] = []
        if pending:
            check_inputs(pending)
            made, calls = planned(
                pending, project, out=out, profile=profile, n_workers=n_workers, device=device, now=before
            )
            note(out, made)
        n_tasks, old = len(calls), list[elements.Element]()
        if page is not None:
            old += _waiting(before, PAGE)
            calls.append(_last(PAGE, page, calls, before, profile))
        if notice is not None and (calls or _open(before, profile)):
            old += _waiting(before, NOTICE)
            calls.append(_last(NOTICE, notice, calls, before, profile))
        if calls:
            check_writable(out, project.tables)
            packages = [*_packages(), *brought(project.origin)]
            code = snapshot.take(packages, into=Workspace(out).code, without=_results(project))
            handed = submit_tasks(calls, folder=out, prefix=PREFIX, profile=profile, code=code)
        if old:
            elements.cancel(old, reason="a later submission has a last job of its own")
    return Submitted(
        before=before,
        n_runs=len(pending),
        n_tasks=n_tasks,
        submissions=handed,
        tells=any(call.name == NOTICE for call in calls),
    )


def _waiting(now: Status, name: str) -> list[elements.Element]:
    """Last jobs of this name that wait."""
    return [element for element in now.cluster.elements if name in element.keys and element.state == "queued"]


def _open(now: Status, profile: Profile) -> list[elements.Element]:
    """Jobs that the profile's cluster has of the folder."""
    return [e for e in now.cluster.elements if e.open and e.submission.cluster == profile.cluster]


def _last(name: str, call: Callable[[], object], calls: Sequence[Task], now: Status, profile: Profile) -> Task:
    """The task that is called after all others, on one core and no GPU; a notice after a page that waits, too."""
    replaced = {name, NOTICE, *(task.name for task in calls)}
    waits = {element.job_id for key in LAST & replaced for element in _waiting(now, key)}
    return Task(
        name=name,
        call=call,
        minutes=1.0,
        memory_gb=LAST_GB[name],
        mail=profile.notify.mail if name == NOTICE else "",
        keys={name: name},
        after=frozenset(task.name for task in calls),
        after_jobs=frozenset(
            e.job_id.partition("_")[0] for e in _open(now, profile) if e.job_id and e.job_id not in waits
        ),
    )


def scripts(  # noqa: PLR0913 - all by name but the runs and their project
    runs: Sequence[Run], project: Project, *, out: Path, profile: Profile, n_workers: int | None, device: Device
) -> list[str]:
    """The scripts that `submit` would hand to sbatch now; writes and submits nothing.

    Raises:
        ProfileError: If the profile wants another output folder.
        StoreError: If the store was written by another version.
    """
    profile.check_output(out)
    now = status(out)
    pending = now.pending(runs)
    if not pending:
        return []
    _, calls = planned(pending, project, out=out, profile=profile, n_workers=n_workers, device=device, now=now)
    return preview(calls, folder=out, prefix=PREFIX, profile=profile, code=Workspace(out).code / "SNAPSHOT")


def planned(  # noqa: PLR0913 - all by name but the runs and their project
    pending: Sequence[Run],
    project: Project,
    *,
    out: Path,
    profile: Profile,
    n_workers: int | None,
    device: Device,
    now: Status,
) -> tuple[list[Pack], list[Task]]:
    """Pending runs as packs, and those as tasks for a cluster."""
    held = calibration(out, project, gpu=profile.gpu.count > 0)
    n = n_workers or n_jobs(pending, profile.throttle, held)
    made = packs(
        pending, n_workers=n, begun=Checkpoints(out).begun(), calibration=held, n_on_gpu=n * (profile.gpu.count > 0)
    )
    where: Device = device if profile.gpu.count else "cpu"
    origin, home = project.origin.travelled(), project.origin.home
    dealt = tasks_alike(made, n_tasks=n)
    queued = _jobs(now, profile.cluster)
    return made, callables(
        dealt,
        out=out,
        origin=origin,
        code=code(home),
        device=where,
        n_gpus=profile.gpu.count,
        queued=queued,
        webhook=profile.notify.webhook,
    )


def _jobs(now: Status, cluster: str) -> dict[str, str]:
    """The job, an array, that each run is with that is in this cluster's hands."""
    return {
        run_id: element.job_id.partition("_")[0]
        for run_id, element in now.queued.items()
        if element.job_id and element.submission.cluster == cluster
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancellation:
    """Effect of cancelling some runs."""

    ending: list[elements.Element]
    """Jobs that do nothing else, and end."""
    leaving: dict[Submission, set[str]]
    """Runs that are taken out of jobs that go on."""

    @property
    def n_runs(self) -> int:
        """Runs of jobs that go on."""
        return sum(map(len, self.leaving.values()))


def cancellation(now: Status, run_ids: Collection[str]) -> Cancellation:
    """Cancellation of these runs, as far as they are queued or running in Slurm."""
    ending, leaving = [], dict[Submission, set[str]]()
    for element in now.cluster.elements:
        left = now.left(element)
        chosen = left.intersection(run_ids)
        if chosen and chosen == left:
            ending.append(element)
        elif chosen:
            leaving.setdefault(element.submission, set()).update(chosen)
    return Cancellation(ending=ending, leaving=leaving)


def cancel(cancelled: Cancellation) -> bool:
    """Do it; whether Slurm was told, see `slurm.elements.cancel`.

    Raises:
        SlurmError: If Slurm cannot be reached; the jobs end nevertheless, by themselves.
        OSError: If the disk refuses.
    """
    for submission, run_ids in cancelled.leaving.items():
        submission.cancel(run_ids)
    return elements.cancel(cancelled.ending, reason="cancelled")


def clean(out: Path) -> list[Path]:
    """Remove files of submissions of which Slurm has no job any more, and code that none runs; never results.

    Raises:
        FolderError: If somebody is submitting or training into the folder.
        SweepError: If Slurm does not say what it has, or a submission cannot be read.
    """
    with lock(out):
        now = reconciled(out)
        if now.cluster.silent or now.cluster.damaged:
            raise SweepError(f"nothing was removed: {now.cluster.silent or now.cluster.damaged[0]}")
        kept = submissions(out)
        places = {submission.folder for submission in kept}
        codes = {submission.code for submission in kept}
        old = [place for place in sorted(Workspace(out).submissions.glob("*")) if place not in places]
        old += [place for place in sorted(Workspace(out).code.glob("*")) if place not in codes]
        old += sorted(Workspace(out).local.glob("*"))
        for place in old:
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place)
            else:
                place.unlink()
    return old


def _packages() -> list[Path]:
    """The runner's rooms, wherever this process imports them from."""
    return [Path(str(package.__file__)).parent for package in (jobs, slurm, results, analysis)]


def _results(project: Project) -> list[Path]:
    """Results that come with the code, which no job reads: the project's, and those beside the runner's."""
    ours = Path(str(results.__file__)).parent / "reference"
    return [ours, project.reference] if project.reference else [ours]
