"""Submission: tasks into as few arrays as the cluster takes, with a ledger that survives whoever submits."""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from heapq import heapreplace
from pathlib import Path

from results.workspace import Workspace
from slurm import ledger, queue, script
from slurm.ledger import Chunk, Submission
from slurm.private import is_shared
from slurm.profiles import Gpu, Profile
from slurm.queue import SlurmError
from slurm.tasks import Task, stages


class SubmissionError(SlurmError):
    """Slurm did not take everything; the message says what it said and what to do."""


def submit(tasks: Sequence[Task], *, folder: Path, prefix: str, profile: Profile, code: Path) -> list[Submission]:
    """Hand tasks to Slurm; each array element makes the calls of one or more of them, one after the other.

    There is an element a task where the site lets a user queue that many, otherwise as many elements as it does. What
    sbatch refuses as too many is tried again as half as many elements. The ledger is written before sbatch is called:
    if this process dies at any point, `slurm.elements` finds out what Slurm has taken.

    Args:
        tasks: With different names.
        folder: The output folder; the submission gets a folder under its ``submissions``.
        prefix: What the jobs' names begin with.
        profile: How to ask for nodes.
        code: Folder that jobs import from, see `slurm.snapshot`.

    Raises:
        SubmissionError: If the site's limits leave no room, or Slurm refuses or cannot be reached. What it has taken
            by then is in the ledger and goes on.
        OSError: If the disk refuses.
    """
    try:
        size, room = queue.max_array_size(profile.cluster), len(tasks)
        if profile.submit_cap:
            room = profile.submit_cap - queue.n_queued(profile.cluster)
    except SlurmError as error:
        raise SubmissionError(f"nothing was submitted: {error}") from error
    if room < 1:
        raise SubmissionError(
            f"nothing was submitted: all {profile.submit_cap} places that {profile.name} gives a user in the queue are "
            "taken: submit again when some are free"
        )
    submissions: list[Submission] = []
    jobs: dict[str, str] = {}
    for asking, group in _alike(tasks, profile):
        n = max(1, min(room, len(tasks)) * len(group) // len(tasks))
        after = _jobs_before(group, jobs)
        try:
            made = _submit(group, n, folder=folder, prefix=prefix, profile=asking, code=code, size=size, after=after)
        except SubmissionError as error:
            before = f"{sum(len(each.tasks) for each in submissions)} jobs were taken; of those that ask for "
            before += f"{asking.cpus} cores and {asking.gpu.count} GPUs: "
            raise SubmissionError(f"{before * bool(submissions)}{error}") from error
        submissions += made
        jobs |= {name: job for submission in made for name, job in _jobs_of(submission)}
    return submissions


def _jobs_before(group: Sequence[Task], jobs: Mapping[str, str]) -> list[str]:
    """The jobs that a group waits for: those of tasks handed over before it, and others'."""
    own = {jobs[name] for task in group for name in task.after if name in jobs}
    return sorted(own.union(*(task.after_jobs for task in group)), key=lambda job: (len(job), job))


def _jobs_of(submission: Submission) -> Iterator[tuple[str, str]]:
    """Each task that was taken, with its array's job."""
    for array in submission.arrays:
        job = submission.job_id(array)
        for names in submission.tasks[array.offset : array.offset + array.n] if job else ():
            yield from ((name, job) for name in names if job)


def _alike(tasks: Sequence[Task], profile: Profile) -> list[tuple[Profile, list[Task]]]:
    """Tasks by what they ask for, each group with its profile: an array's elements ask for the same, and wait as one.

    Groups come in the order of their stages.

    A task gets the profile's cores and memory, or what it needs of them if that is more; and its own number of GPUs.
    """
    stage = stages(tasks)
    groups = defaultdict[tuple[int, int, int, float, str], list[Task]](list)
    for task in sorted(tasks, key=lambda task: stage[task.name]):
        needs_gb = 0.0 if profile.refuses_memory else task.memory_gb
        groups[stage[task.name], task.gpus, max(task.cpus, profile.cpus), needs_gb, task.mail].append(task)
    return [
        (_with_mail(_with_memory(_asking(profile, n_gpus=n_gpus, cpus=cpus), needs_gb), mail), group)
        for (_, n_gpus, cpus, needs_gb, mail), group in groups.items()
    ]


def _with_mail(profile: Profile, mail: str) -> Profile:
    """The profile of a task at whose end Slurm writes to somebody."""
    return profile.model_copy(update={"mail_type": "END", "mail_user": mail}) if mail else profile


def _with_memory(profile: Profile, needs_gb: float) -> Profile:
    """The profile of a task that needs as much memory, asked for by task, core or GPU as the profile does."""
    if needs_gb <= profile.task_memory_gb:
        return profile
    if profile.memory_per_cpu_gb:
        return profile.model_copy(update={"memory_per_cpu_gb": needs_gb / profile.cpus})
    if profile.memory_per_gpu_gb:
        return profile.model_copy(update={"memory_per_gpu_gb": needs_gb / profile.gpu.count})
    return profile.model_copy(update={"memory_gb": needs_gb})


def _asking(profile: Profile, *, n_gpus: int, cpus: int) -> Profile:
    """The profile of a task that needs as many GPUs and cores; no GPU where the profile has none."""
    changes: dict[str, object] = {"cpus": cpus}
    if profile.gpu.count and n_gpus:
        changes["gpu"] = profile.gpu.model_copy(update={"count": n_gpus})
    elif profile.gpu.count:
        # Memory that was asked for by GPU is that of one GPU.
        memory_gb = profile.memory_gb or profile.memory_per_gpu_gb
        changes |= {"gpu": Gpu(form="none", type="", count=0), "memory_per_gpu_gb": 0.0, "memory_gb": memory_gb}
    return profile.model_copy(update=changes)


def dealt(tasks: Sequence[Task], n_elements: int) -> list[list[Task]]:
    """Tasks dealt to elements, the longest first and always to the element with least to do; longest element first."""
    elements: list[list[Task]] = [[] for _ in range(min(n_elements, len(tasks)))]
    free = [(0.0, 0, number) for number in range(len(elements))]
    for task in sorted(tasks, key=lambda task: -task.minutes):
        minutes, n, least = free[0]
        elements[least].append(task)
        heapreplace(free, (minutes + task.minutes, n + 1, least))
    longest = sorted(free, key=lambda element: (-element[0], element[2]))
    return [elements[number] for _, _, number in longest]


def preview(tasks: Sequence[Task], *, folder: Path, prefix: str, profile: Profile, code: Path) -> list[str]:
    """The scripts that `submit` would hand to sbatch now, one an array; nothing is written and nothing submitted.

    Where Slurm cannot be asked for its limits, as if there were none but the profile's.
    """
    try:
        size, taken = (
            queue.max_array_size(profile.cluster),
            queue.n_queued(profile.cluster) if profile.submit_cap else 0,
        )
    except SlurmError:
        size, taken = len(tasks), 0
    room = min(len(tasks), max(1, profile.submit_cap - taken) if profile.submit_cap else len(tasks))
    place, scripts = Workspace(folder).submissions / "ID", list[str]()
    for asking, group in _alike(tasks, profile):
        n = max(1, room * len(group) // len(tasks))
        arrays = [
            Chunk(name=f"{prefix}-ID-{k}", offset=start, n=min(size, n - start))
            for k, start in enumerate(range(0, n, size))
        ]
        after = ["JOBS"] if any(task.after or task.after_jobs for task in group) else []
        scripts += [script.text(_script(array, place, asking, code, after)) for array in arrays]
    return scripts


def _submit(  # noqa: PLR0913 - all but the first two by name
    tasks: Sequence[Task],
    n_elements: int,
    *,
    folder: Path,
    prefix: str,
    profile: Profile,
    code: Path,
    size: int,
    after: Sequence[str],
) -> list[Submission]:
    elements = dealt(tasks, n_elements)
    submission = ledger.record(elements, folder=folder, prefix=prefix, profile=profile, code=code, max_array_size=size)
    n_taken = 0
    for array in submission.arrays:
        try:
            job_id = script.sbatch(_script(array, submission.folder, profile, code, after))
        except script.SbatchError as error:
            if error.kind == "unreachable":
                raise SubmissionError(f"{error}: the next command finds out whether the jobs were taken") from error
            rest = _withdrawn(submission, elements, n_taken, str(error))
            if error.kind != "submit_limit" or len(elements) - n_taken == 1:
                taken = f"{n_taken} of {len(elements)} jobs were taken" if n_taken else "nothing was submitted"
                raise SubmissionError(f"{taken}: {error}") from error
            smaller = max(1, (len(elements) - n_taken) // 2)
            more = _submit(
                rest, smaller, folder=folder, prefix=prefix, profile=profile, code=code, size=size, after=after
            )
            return [submission, *more] if n_taken else more
        submission.note_job(array, job_id)
        n_taken += array.n
    return [submission]


def _withdrawn(submission: Submission, elements: Sequence[Sequence[Task]], n_taken: int, why: str) -> list[Task]:
    """The tasks that were not taken; nothing of them is left in the ledger."""
    if not n_taken:
        shutil.rmtree(submission.folder)
    for number in range(n_taken, len(elements)) if n_taken else ():
        submission.close(number, why)
    return [task for element in elements[n_taken:] for task in element]


def _script(array: Chunk, place: Path, profile: Profile, code: Path, after: Sequence[str]) -> script.Array:
    out = place.parents[1]
    return script.Array(
        profile=profile,
        name=array.name,
        n=array.n,
        offset=array.offset,
        folder=place,
        code=code,
        shared=out.exists() and is_shared(out),
        after=after,
    )
