"""Asked against used, by study, and what to ask of a cluster next time."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

from results.processors import is_gpu

COLUMNS = (
    "study",
    "host",
    "job_id",
    "device",
    "seconds",
    "cpu_seconds",
    "memory_gb",
    "children_gb",
    "gpu_memory_gb",
    "asked_memory_gb",
    "asked_cpus",
    "asked_gpus",
    "asked_minutes",
)
"""The columns of `runs` that say it."""
HEADER = ("study", "of a job", "asked", "median", "highest", "ask next time")
MARGINS = (
    "to ask next time: the most that a job used, and of memory a quarter more (at least 0.25 GiB), of time half as "
    "much again, for as many tasks as there were"
)
"""The rule of the advice."""

_MORE_MEMORY, _LEAST_MORE_GB, _MORE_TIME = 1.25, 0.25, 1.5
_IDLE = 0.1
"""Of a core: less than this is no use of it."""
_MINUTES = ((60, 5), (240, 15), (math.inf, 60))
"""Time limits up to so many minutes are multiples of so many."""


class Line(NamedTuple):
    """One resource: what a job of a study had, what half of its jobs and each of them used at most, and the advice."""

    of: str
    asked: str
    median: str
    highest: str
    next: str


@dataclass(slots=True)
class _Job:
    """One job's runs of one study together."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_gb: float = 0.0
    gpu_memory_gb: float = 0.0
    has_used_gpu: bool = False
    asked: dict[str, float] = field(default_factory=dict)

    def add(self, row: Mapping[Any, Any]) -> None:
        self.seconds += _number(row["seconds"], 0.0)
        self.cpu_seconds += _number(row["cpu_seconds"], 0.0)
        self.memory_gb = max(self.memory_gb, _number(row["memory_gb"], 0.0) + _number(row["children_gb"], 0.0))
        self.gpu_memory_gb = max(self.gpu_memory_gb, _number(row["gpu_memory_gb"], 0.0))
        self.has_used_gpu |= is_gpu(row["device"])
        for name in ("asked_memory_gb", "asked_cpus", "asked_gpus", "asked_minutes"):
            value = _number(row[name], math.nan)
            if not math.isnan(value):
                self.asked[name] = value


@dataclass(frozen=True, slots=True)
class Usage:
    """Means that the jobs of a study had and used."""

    jobs: Sequence[_Job]

    @property
    def memory_gb(self) -> list[float]:
        """Peaks of the jobs that told; a child process that was larger than its worker counts beside it."""
        return [job.memory_gb for job in self.jobs if job.memory_gb]

    @property
    def cores(self) -> list[float]:
        """CPU time over the clock's."""
        return [job.cpu_seconds / job.seconds for job in self.jobs if job.seconds > 0]

    @property
    def minutes(self) -> list[float]:
        """Training time of a job, all its attempts together."""
        return [job.seconds / 60 for job in self.jobs]

    @property
    def gpus(self) -> list[float]:
        """1 for a job that used a GPU, of those that had one."""
        return [float(job.has_used_gpu) for job in self.jobs if job.asked.get("asked_gpus") or job.has_used_gpu]

    @property
    def gpu_memory_gb(self) -> list[float]:
        """Peaks of what torch had there."""
        return [job.gpu_memory_gb for job in self.jobs if job.gpu_memory_gb]

    def asked(self, name: str) -> str:
        """Amounts of something that the jobs had, from the least to the most."""
        found = sorted({job.asked[name] for job in self.jobs if name in job.asked})
        return "–" if not found else "–".join(f"{value:g}" for value in dict.fromkeys((found[0], found[-1])))


def usages(rows: Iterable[Mapping[Any, Any]]) -> dict[str, Usage]:
    """By study; runs whose record says nothing of what they used are left out.

    Args:
        rows: Values of `COLUMNS`, a row a run; None or NaN for what is not known.
    """
    jobs = defaultdict[str, defaultdict[object, _Job]](lambda: defaultdict(_Job))
    for row in rows:
        if row["study"] and not math.isnan(_number(row["cpu_seconds"], math.nan)):
            jobs[row["study"]][row["host"], row["job_id"]].add(row)
    return {study: Usage(tuple(of.values())) for study, of in jobs.items()}


def advice(found: Iterable[Usage]) -> dict[str, str]:
    """Values of a profile with which the jobs of all these studies fit, by its keys."""
    every = Usage([job for usage in found for job in usage.jobs])
    said: dict[str, str] = {}
    if every.memory_gb:
        peak = max(every.memory_gb)
        said["memory_gb"] = str(math.ceil(2 * max(_MORE_MEMORY * peak, peak + _LEAST_MORE_GB)) / 2)
    if every.cores:
        said["cpus"] = str(max(1, math.ceil(max(every.cores) - _IDLE)))
    if every.jobs:
        said["time_limit_min"] = str(_limit(_MORE_TIME * max(every.minutes)))
    if every.gpus and not any(every.gpus):
        said["gpu.form"] = '"none"'
    return said


def lines(usage: Usage) -> list[Line]:
    """The resources of a study's jobs, one a line; of GPUs only where a job had or used one."""
    said = {key: f"{key} = {value}" for key, value in advice([usage]).items()}
    told = [
        _line("memory, GiB", usage.asked("asked_memory_gb"), usage.memory_gb, said.get("memory_gb")),
        _line("cores", usage.asked("asked_cpus"), usage.cores, said.get("cpus")),
        _line("minutes", usage.asked("asked_minutes"), usage.minutes, said.get("time_limit_min")),
    ]
    if usage.gpus:
        told.append(_line("GPUs", usage.asked("asked_gpus"), usage.gpus, said.get("gpu.form")))
    if usage.gpu_memory_gb:
        told.append(_line("GPU's GiB", "–", usage.gpu_memory_gb, None))
    return told


def table(found: Mapping[str, Usage]) -> list[tuple[str, ...]]:
    """Rows under `HEADER`."""
    return [(study, *line) for study, usage in found.items() for line in lines(usage)]


def _line(of: str, asked: str, used: Sequence[float], said: str | None) -> Line:
    return Line(of, asked, _text(median(used)) if used else "–", _text(max(used)) if used else "–", said or "")


def _text(value: float) -> str:
    """Two digits behind the point, or none where there are three before it.

    >>> _text(0.123), _text(12.345), _text(1234.5)
    ('0.12', '12.35', '1234')
    """
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004 - three digits


def _limit(minutes: float) -> int:
    """A round time limit that is no shorter.

    >>> _limit(0.2), _limit(31), _limit(61), _limit(241)
    (5, 35, 75, 300)
    """
    step = next(step for most, step in _MINUTES if minutes <= most)
    return max(1, math.ceil(minutes / step)) * step


def _number(value: float | None, otherwise: float) -> float:
    return otherwise if value is None or math.isnan(value) else float(value)
