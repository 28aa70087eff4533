"""Status of every run, by the store, the heartbeats, and what is queued or running in Slurm."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jobs.worker.heartbeats import Heartbeat, Heartbeats
from results.layout import layout
from slurm import elements, queue

if TYPE_CHECKING:
    from jobs.sweep import Run
    from results.failures import Failure

RunState = Literal["done", "running", "queued", "failed", "lost", "pending"]
PAGE = "report"
"""Name of the task that draws a sweep's page, and its key, among those of runs."""
NOTICE = "notice"
"""The same of the task that tells somebody that a sweep has ended."""
LAST = frozenset({PAGE, NOTICE})
STATES: tuple[RunState, ...] = ("done", "running", "queued", "failed", "lost", "pending")
"""`queued`: a job that Slurm has will train it. `lost`: a job was to train it, and has ended. `pending`: neither; the
next submission trains it, as it does with what is lost."""

_DONE_OR_NOT: tuple[RunState, RunState] = ("pending", "done")


@dataclass(frozen=True, kw_only=True)
class Status:
    """State of the runs of one output folder."""

    done: Collection[str]
    failed: "Mapping[str, Failure]"
    running: Mapping[str, Heartbeat]
    damaged: list[str]
    queued: Mapping[str, elements.Element] = field(default_factory=dict)
    lost: Mapping[str, elements.Element] = field(default_factory=dict)
    cluster: elements.ClusterStatus = field(default_factory=lambda: elements.ClusterStatus(elements=[]))

    @property
    def silence(self) -> str:
        """A line about Slurm if it did not tell what it has; empty if it did, or if it has nothing of this folder."""
        if not self.cluster.silent:
            return ""
        said = "does not answer" if queue.is_here() else "was not asked"
        return f"Slurm {said} ({self.cluster.silent}): its jobs are shown as far as was known"

    def state(self, run_id: str) -> RunState:
        """One run's state. What is done is only ever what the store holds."""
        if run_id in self.done:
            return "done"
        if run_id in self.running:
            return "running"
        if run_id in self.failed:
            return "failed"
        if run_id in self.queued:
            return "queued"
        return "lost" if run_id in self.lost else "pending"

    def why(self, run_id: str) -> str:
        """Reason why a run failed, is lost, or waits, in a line; empty if there is nothing to say."""
        state = self.state(run_id)
        if state == "failed":
            failure = self.failed[run_id]
            return f"{failure.failure}: {failure.message}"
        element = {"lost": self.lost, "queued": self.queued}.get(state, {}).get(run_id)
        return element.reason if element is not None else ""

    def waiting(self, runs: "Collection[Run]") -> "dict[tuple[str, str], tuple[int, int]]":
        """Of a study and one that it needs: how many runs wait, and for how many that are not done."""
        wait, missing = defaultdict[tuple[str, str], set[str]](set), defaultdict[tuple[str, str], set[str]](set)
        for run in runs:
            if run.study.after and self.state(run.run_id) not in {"done", "failed"}:
                for need in run.spec.needs():
                    if need.run_id not in self.done:
                        wait[run.study.name, need.kind].add(run.run_id)
                        missing[run.study.name, need.kind].add(need.run_id)
        return {pair: (len(ids), len(missing[pair])) for pair, ids in wait.items()}

    def has_begun(self, element: elements.Element) -> bool:
        """True if a job trains something by now."""
        return element.job_id in self._busy

    @cached_property
    def _busy(self) -> set[str]:
        """Jobs that train something by now."""
        return {beat.job_id for beat in self.running.values()}

    def left(self, element: elements.Element) -> set[str]:
        """The runs that a job has still to do."""
        return {key for key in element.keys if self.queued.get(key) is element and self.state(key) != "done"}

    def pending(self, runs: "Collection[Run]") -> "list[Run]":
        """The runs that a submission would train: nobody has them, and they are neither done nor failed."""
        states = self.states(run.run_id for run in runs)
        return [run for run, state in zip(runs, states, strict=True) if state in {"pending", "lost"}]

    def counts(self, runs: "Collection[Run]") -> dict[RunState, int]:
        """Number of runs in each state."""
        found = Counter(self.states(run.run_id for run in runs))
        return {state: found[state] for state in STATES}

    def states(self, run_ids: Iterable[str]) -> Iterator[RunState]:
        """Each run's state; where runs are only done or pending, none is looked up in four places."""
        if self.running or self.failed or self.queued or self.lost:
            return map(self.state, run_ids)
        return map(_DONE_OR_NOT.__getitem__, map(self.done.__contains__, run_ids))

    def record(self, run: "Run") -> dict[str, Any]:
        """The run, its fields, its state and why, and while it runs where and how far it is, as one flat record."""
        now = {"state": self.state(run.run_id), "why": self.why(run.run_id) or None}
        beat = self.running.get(run.run_id) if now["state"] == "running" else None
        if beat is not None:
            names = ("job_id", "host", "unit", "step", "n_steps", "seconds_left")
            now |= {name: getattr(beat, name) for name in names}
        return {**run.record(), **now}


def status(out: Path, *, only_looks: bool = True) -> Status:
    """Read the store's ids, the heartbeats and the ledgers, and ask Slurm once if it has jobs of ours; makes nothing.

    Args:
        out: The output folder.
        only_looks: Leave damaged files of the store where they are; else they are set aside.

    Raises:
        StoreError: If the store was written by another version.
    """
    # In this order: a run that ends meanwhile is seen in the store at last.
    jobs = elements.status(out)
    states = {element.job_id: element.state for element in jobs.elements}
    beats = {
        run_id: beat
        for beat in Heartbeats(out).read()
        if jobs.silent or states.get(beat.job_id, "running") == "running"  # where Slurm was asked, it must agree
        for run_id in beat.run_ids
    }
    done, failed, damaged = _stored(out, only_looks=only_looks)
    ended = [element for element in jobs.elements if element.state in {"failed", "lost"}]
    return Status(
        done=done,
        failed=failed,
        running=beats,
        damaged=[*damaged, *jobs.damaged],
        queued=jobs.open_keys,
        lost={key: element for element in ended for key in element.keys},
        cluster=jobs,
    )


def reconciled(out: Path) -> Status:
    """State of every run, once what is lost has been closed, so that it cannot start late. Hold the folder's lock.

    Raises:
        StoreError: If the store was written by another version.
        SlurmError: If what is stuck cannot be cancelled.
    """
    now = status(out, only_looks=False)
    elements.reconcile(now.cluster)
    return now


def _stored(out: Path, *, only_looks: bool) -> "tuple[Collection[str], Mapping[str, Failure], list[str]]":
    if not layout(out).is_there():
        return (), {}, []
    from results.store import Store  # noqa: PLC0415 - imports pyarrow, which takes longer than all else here

    store = Store(out, only_looks=only_looks)
    done, failed = store.done_and_failed()
    return done, failed, [str(damage) for damage in store.damaged]
