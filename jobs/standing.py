"""Where every run stands: done, running, failed or pending."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jobs.heartbeats import Heartbeat, Heartbeats
from results.layout import layout

if TYPE_CHECKING:
    from jobs.sweep import Run
    from results.failures import Failure

RunState = Literal["done", "running", "failed", "pending"]
STATES: tuple[RunState, ...] = ("done", "running", "failed", "pending")


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What the store and the heartbeats of one output folder say."""

    done: Collection[str]
    failed: "dict[str, Failure]"
    running: dict[str, Heartbeat]
    damaged: list[str]

    def state(self, run_id: str) -> RunState:
        """One run's state. What is done is only ever what the store holds."""
        if run_id in self.done:
            return "done"
        if run_id in self.running:
            return "running"
        return "failed" if run_id in self.failed else "pending"

    def pending(self, runs: "Collection[Run]") -> "list[Run]":
        """The runs that are neither done nor failed, in order."""
        return [run for run in runs if run.run_id not in self.done and run.run_id not in self.failed]

    def counts(self, runs: "Collection[Run]") -> dict[RunState, int]:
        """How many of the runs are in each state."""
        states = [self.state(run.run_id) for run in runs]
        return {state: states.count(state) for state in STATES}

    def record(self, run: "Run") -> dict[str, Any]:
        """The run, its fields and its state, as one flat record."""
        return {**run.record(), "state": self.state(run.run_id)}


def standing(out: Path) -> Standing:
    """Read the store's ids and the heartbeats; makes nothing.

    Raises:
        StoreError: If the store was written by another version.
    """
    beats = {run_id: beat for beat in Heartbeats(out).read() for run_id in beat.run_ids}
    if not layout(out).folder.exists():
        return Standing(done=(), failed={}, running=beats, damaged=[])
    from results.store import Store  # noqa: PLC0415 - imports pyarrow, which takes longer than all else here

    store = Store(out)
    done, failed = store.done(), store.failed()
    return Standing(done=done, failed=failed, running=beats, damaged=[str(damage) for damage in store.damaged])
