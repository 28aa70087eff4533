"""Logs by every name that `plan`, `submit` and `status` print: runs, tasks and their numbers, jobs, submissions."""

import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.status import Status, status
from jobs.sweep import SweepError
from jobs.typed import Named, one
from jobs.worker.logs import logs_of, runs
from results.workspace import Workspace
from slurm import ledgers

LOOK_EVERY_S = 2.0
_NUMBER = re.compile(r"(\d{2,})-")
_ELEMENTS = re.compile(r"\[[\d,-]+\]$")
_NONE = "is no run, task, job or submission of this folder: `hw1 list` prints runs, `hw1 status` jobs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One job of a submission, or one local task: its names and where its logs are."""

    tasks: Sequence[str]
    paths: Sequence[Path]
    submission: str = ""
    number: int = 0
    job_id: str = ""

    @property
    def title(self) -> str:
        """Its job and its tasks."""
        return f"job {self.job_id} {', '.join(self.tasks)}" if self.job_id else f"task {', '.join(self.tasks)}"


@dataclass(frozen=True, kw_only=True)
class Logs:
    """The meaning of a name, and its logs."""

    out: Path
    named: Named
    parts: Sequence[Part] = ()
    """Of a task, a job or a submission; none of a run."""

    @property
    def paths(self) -> list[Path]:
        """The logs there are; a run's oldest first."""
        if self.named.kind == "run":
            return logs_of(self.out, self.named.name)
        return [path for part in self.parts for path in part.paths if path.exists()]

    @property
    def titled(self) -> list[tuple[str, list[Path]]]:
        """The logs by job, each with a title where there are several."""
        if len(self.parts) < 2:  # noqa: PLR2004 - one needs no title
            return [("", self.paths)]
        return [(part.title, [path for path in part.paths if path.exists()]) for part in self.parts]

    def followed(self) -> list[Path]:
        """The logs that still grow: a run's last one."""
        return self.paths[-1:] if self.named.kind == "run" else self.paths

    def end(self, now: Status) -> str:
        """Outcome in a line; empty while it goes on."""
        if self.named.kind == "run":
            state, why = str(now.state(self.named.name)), now.why(self.named.name)
        else:
            (part,) = self.parts
            if not part.submission:
                return "" if any(map(_is_written, part.paths)) else f"{self.named} has ended"
            place = part.submission, part.number
            found = [e for e in now.cluster.elements if (e.submission.id, e.number) == place]
            state, why = (str(found[0].state), found[0].reason) if found else ("done", "")  # of a finished submission
        return "" if state in {"running", "queued"} else f"{self.named} is {state}{f': {why}' * bool(why)}"

    def watch(self, say: Callable[[str], None]) -> Callable[[], bool]:
        """A function that is true once this has ended, and then says how; asks Slurm no more often than it may be.

        A run that nobody trains may be between two workers: it has ended if it is so twice.
        """
        looked, last = -LOOK_EVERY_S, ""

        def ended() -> bool:
            nonlocal looked, last
            if time.monotonic() - looked < LOOK_EVERY_S:
                return False
            now = status(self.out)
            polls = [element.submission.poll_s for element in now.cluster.elements if element.open]
            looked = time.monotonic() + max([LOOK_EVERY_S, *polls]) - LOOK_EVERY_S
            before, last = last, self.end(now)
            if not last or (last.endswith("is pending") and last != before):
                return False
            say(last)
            return True

        return ended


def found(out: Path, name: str, run_ids: Collection[str]) -> Logs:
    """The logs that a name means; `run_ids`: runs that may have none yet.

    Raises:
        SweepError: If the name means nothing or several things, or if there is no log yet.
    """
    parts = [*_local(out), *_submitted(out)]
    by_kind: dict[str, dict[str, list[Part]]] = {"task": {}, "task number": {}, "job": {}, "submission": {}}
    for part in parts:  # the last one of a name counts
        for task in part.tasks:
            by_kind["task"][task] = [part]
            if number := _NUMBER.match(task):
                by_kind["task number"][number[1]] = [part]
        if part.job_id:
            by_kind["job"][part.job_id] = [part]
            by_kind["job"].setdefault(part.job_id.partition("_")[0], []).append(part)
        if part.submission:
            by_kind["submission"].setdefault(part.submission, []).append(part)
    whole = {kind: by_kind[kind] for kind in ("task", "task number", "job")}
    typed = f"{int(name):02d}" if re.fullmatch(r"[0-9]", name) else _ELEMENTS.sub("", name)
    ids = {"run": {*runs(out), *run_ids}, "submission": by_kind["submission"]}
    named = one(typed, whole=whole, ids=ids, none=_NONE)
    logs = Logs(out=out, named=named, parts=by_kind.get(named.kind, {}).get(named.name, ()))
    if not logs.paths:
        now = status(out)
        state = now.state(named.name) if named.kind == "run" else "not begun, or wrote nothing"
        raise SweepError(f"{named} has no log yet: it is {state}")
    return logs


def _submitted(out: Path) -> Iterator[Part]:
    """The jobs of all submissions, oldest first."""
    every = [*ledgers.submissions(out, finished=True), *ledgers.submissions(out)]
    for submission in sorted(every, key=lambda each: each.submitted):
        for array in submission.arrays:
            answered = submission.job_id(array)
            for index in range(array.n):
                number = array.offset + index
                begun = [event.job_id for event in submission.log(number).read()]
                job_id = begun[-1] if begun else f"{answered}_{index}" if answered else ""
                yield Part(
                    tasks=submission.tasks[number],
                    paths=(submission.stdout(job_id), submission.stderr(job_id)) if job_id else (),
                    submission=submission.id,
                    number=number,
                    job_id=job_id,
                )


def _local(out: Path) -> Iterator[Part]:
    """The tasks of all local submissions, oldest first."""
    for folder in sorted(Workspace(out).local.glob("*/*-*")):
        yield Part(tasks=[folder.name.partition("-")[2]], paths=sorted(folder.glob("*_log.*")))


def _is_written(log: Path) -> bool:
    """True if the local worker whose log this is still lives on this machine: the name begins with its pid."""
    descriptors = Path("/proc", log.name.partition("_")[0], "fd")
    try:
        return any((descriptors / number).samefile(log) for number in "12")
    except OSError:
        return False
