"""The local fan-out: tasks in processes on this machine, as many at once as it has cpus and gpus for."""

import time
from collections.abc import Sequence
from pathlib import Path

from results.workspace import Workspace
from slurm.interrupts import Interrupts
from slurm.pool import OnChange, Pool
from slurm.private import folder_mode
from slurm.tasks import Outcome, Task, stages


def run_local(  # noqa: PLR0913 - all but the first by name
    tasks: Sequence[Task],
    *,
    folder: Path,
    n_cpus: int,
    gpus: Sequence[int] = (),
    on_change: OnChange | None = None,
    poll_s: float = 0.1,
    grace_s: float = 60.0,
    imports: Sequence[str] = (),
) -> list[Outcome]:
    """Run every task in a process of its own, longest first, never more at once than fit; main thread only.

    A task that comes after others starts once they have ended, however they did.

    A task that takes more cpus or gpus than there are gets all of them. One that takes n gpus sees those alone, in
    ``CUDA_VISIBLE_DEVICES``; one that takes none sees none. Thread counts of numerical libraries are set to its cpus.

    Ctrl-Z stops the tasks too, and ``fg`` lets them go on. Ctrl-C, SIGTERM or SIGHUP: nothing more is started, each
    task's `slurm.signals.stop_requested` becomes true, and what has not ended ``grace_s`` later, or at a second
    signal, is killed. If this process is itself killed, the same happens to the tasks. No process is left in any
    case, except after kill -9 for up to ``grace_s``.

    Args:
        tasks: With different names.
        folder: Logs go to a new folder under its ``local``.
        n_cpus: How many cpus the tasks may take together.
        gpus: Which gpus they may take, by the numbers that CUDA knows them by.
        on_change: Told of every start and end; if it raises, all stops as at Ctrl-C, and then that is raised.
        poll_s: Time between looks at the processes.
        grace_s: Time that a task has to end when asked to.
        imports: Modules that tasks import: they are imported once, and tasks forked from there.

    Returns:
        How each task ended, in the order of ``tasks``. Exceptions in tasks are not raised.

    Raises:
        ValueError: If names are not unique, tasks wait for each other in a circle, or ``n_cpus`` is below 1.
        FolderError: If the folder's file system has no locks.
        OSError: If the folder cannot be written.
    """
    stages(tasks)  # refuses a circle, in which none would ever start
    if n_cpus < 1:
        raise ValueError(f"`n_cpus` must be >= 1, got {n_cpus}")
    if not tasks:
        return []
    with Interrupts() as interrupts:
        place = _new_folder(folder)
        pool = Pool(
            tasks, folder=place, n_cpus=n_cpus, gpus=gpus, on_change=on_change, grace_s=grace_s, imports=imports
        )
        try:
            while pool.busy and not interrupts.any and pool.error is None:
                pool.start()
                time.sleep(poll_s)
                pool.reap()
                _suspended(pool, interrupts)
        finally:
            pool.stop()
            late = time.monotonic() + grace_s
            while pool.running:
                if interrupts.insistent or time.monotonic() > late:
                    pool.kill()
                time.sleep(poll_s)
                pool.reap()
                late += _suspended(pool, interrupts)
            pool.close()
    if pool.error is not None:
        raise pool.error
    return [pool.outcomes[task.name] for task in tasks]


def _suspended(pool: Pool, interrupts: Interrupts) -> float:
    """Stop the workers and this process where Ctrl-Z asked for it; for how many seconds it did."""
    if not interrupts.suspended:
        return 0.0
    with pool.suspended():
        return interrupts.suspend()


def _new_folder(out: Path) -> Path:
    """A folder named after the time, and a number if there is one of that second; see `slurm.private`."""
    out.mkdir(parents=True, exist_ok=True)
    parent, mode = Workspace(out).local, folder_mode(out)
    parent.mkdir(mode=mode, exist_ok=True)
    stamp, n = time.strftime("%Y%m%dT%H%M%S"), 1
    while True:
        try:
            (folder := parent / f"{stamp}-{n}").mkdir(mode=mode)
        except FileExistsError:
            n += 1
        else:
            return folder
