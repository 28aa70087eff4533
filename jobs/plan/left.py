"""Time left of a sweep on the workers there are, and its GPU hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.plan.calibration import calibration
from jobs.plan.packs import packs
from jobs.plan.tasks import n_cpus
from jobs.project import Project
from jobs.status import LAST, Status
from jobs.sweep import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """Runs that are neither done nor failed, and what they will take."""

    n_runs: int
    n_workers: int
    """That train now; where none does, that could."""
    seconds: float
    """From now to the end of the last run, if each worker goes on until nothing is left."""
    gpu_hours: float
    """For which jobs will hold GPUs."""


def left(runs: Sequence[Run], now: Status, project: Project, *, out: Path) -> Left:
    """Estimate what the runs that are neither done nor failed will take.

    Raises:
        StoreError: If the store was written by another version.
    """
    states = now.states(run.run_id for run in runs)
    rest = [run for run, state in zip(runs, states, strict=True) if state not in {"done", "failed"}]
    of_rest = rest if now.running else []
    beats = {beat.pack_id: beat for run in of_rest if (beat := now.running.get(run.run_id)) is not None}
    jobs = [element for element in now.cluster.elements if element.open and not element.keys.keys() <= LAST]
    n_gpus = max((element.submission.n_gpus for element in jobs), default=0)
    held = calibration(out, project, gpu=n_gpus > 0)
    n_workers = len({beat.job_id for beat in beats.values()}) or len(jobs) or n_cpus()
    begun = [beat.run_ids for beat in beats.values()]
    made = packs(rest, n_workers=n_workers, begun=begun, calibration=held, n_on_gpu=n_workers if n_gpus else 0)
    seconds, longest, gpu_seconds = 0.0, 0.0, 0.0
    for pack in made:
        beat = beats.get(pack.pack_id) if beats else None  # an id is the hash of all that are in the pack
        estimated = pack.seconds * (1.0 - beat.fraction) if beat is not None else pack.seconds
        of_pack = beat.seconds_left if beat is not None and beat.seconds_left is not None else estimated
        seconds, longest = seconds + of_pack, max(longest, of_pack)
        gpu_seconds += of_pack * (min(n_gpus, pack.gpus) if pack.gpus is not None else n_gpus)
    return Left(
        n_runs=len(rest),
        n_workers=n_workers,
        seconds=max(longest, seconds / n_workers),
        gpu_hours=gpu_seconds / 3600,
    )
