"""The time, memory, cores and GPUs that a pack used and that its job had: columns of `runs`."""

import os
import resource
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from slurm import attempts


class Spent(NamedTuple):
    """Time spent on a pack: on the clock, and of all cores, child processes that have ended included."""

    seconds: float
    cpu_seconds: float | None
    """None if a checkpoint of before it was counted does not say."""

    @classmethod
    def now(cls) -> "Spent":
        """The clocks of this process; only differences mean something."""
        used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return cls(time.monotonic(), sum(each.ru_utime + each.ru_stime for each in used))

    @classmethod
    def kept(cls, checkpoint: Mapping[str, Any]) -> "Spent":
        """As a checkpoint has it; nothing if there is none."""
        return cls(checkpoint["seconds"], checkpoint.get("cpu_seconds")) if "seconds" in checkpoint else cls(0.0, 0.0)

    def since(self) -> "Spent":
        """From these clocks until now."""
        now = Spent.now()
        return Spent(now.seconds - self.seconds, (now.cpu_seconds or 0.0) - (self.cpu_seconds or 0.0))

    def plus(self, other: "Spent") -> "Spent":
        """Both together."""
        unknown = self.cpu_seconds is None or other.cpu_seconds is None
        both = None if unknown else (self.cpu_seconds or 0.0) + (other.cpu_seconds or 0.0)
        return Spent(self.seconds + other.seconds, both)


def peaks() -> dict[str, float | None]:
    """The largest resident sizes so far: of this process, and of the largest that it started and that has ended.

    Linux takes the worker's size at the start of a child for the child's: a child that was no larger than the worker
    cannot be told from one that took nothing, and counts as none.
    """
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"memory_gb": own / 2**20, "children_gb": child / 2**20 if child > own else None}


def asked(threads: int) -> dict[str, float | None]:
    """The means of the job that this worker is, as Slurm tells it; of a local worker, its threads and its GPUs."""
    visible = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    attempt = attempts.current()
    if not attempt.job_id:
        return {"asked_memory_gb": None, "asked_cpus": threads, "asked_gpus": len(visible), "asked_minutes": None}
    cpus, gpus = _number("SLURM_CPUS_PER_TASK"), _number("SLURM_GPUS_ON_NODE") or len(visible)
    per = {"SLURM_MEM_PER_NODE": 1, "SLURM_MEM_PER_CPU": cpus, "SLURM_MEM_PER_GPU": gpus}
    memory_mb = next((mb for name, n in per.items() if (mb := _number(name) * n)), 0)
    return {
        "asked_memory_gb": memory_mb / 1024 or None,
        "asked_cpus": cpus or None,
        "asked_gpus": gpus,
        "asked_minutes": attempt.submission.time_limit_min if attempt.submission is not None else None,
    }


def _number(variable: str) -> int:
    """A whole number in the environment; 0 where there is none."""
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0
