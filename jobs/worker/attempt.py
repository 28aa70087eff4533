"""One attempt at a pack: drives its trainer, and keeps its heartbeat and its checkpoint."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jobs.plan.pack import Pack
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.heartbeats import Heartbeat, Heartbeats
from jobs.worker.leases import Lease, LostLeaseError
from jobs.worker.logs import Log
from slurm import starts
from slurm.signals import stop_requested

if TYPE_CHECKING:
    import torch

    from hw1.state import State

CHECKPOINT_EVERY_S = 20.0
HEARTBEAT_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """A pack that this worker has the lease of, and what it trains it with."""

    pack: Pack
    device: "torch.device"
    checkpoints: Checkpoints
    heartbeats: Heartbeats
    lease: Lease
    log: Log

    def drive(self, kept: Mapping[str, Any], beat: Heartbeat) -> "State | None":
        """The pack's last state, or None if a stop was asked for before it, or nobody wants it any more.

        Raises:
            LostLeaseError: If another worker has taken the pack over.
        """
        before = kept.get("seconds", 0.0)
        begun = saved = beaten = time.monotonic()
        first = 0.0
        for state in self._states(kept):
            now = time.monotonic()
            if state.tables is not None:
                self.log.write(f"trained in {now - begun:.1f} s")
                return _timed(state, before + now - begun)
            first = first or state.fraction
            is_due = now - beaten > HEARTBEAT_EVERY_S or beaten == begun
            if is_due and self.lease.is_lost:
                raise LostLeaseError("another worker has taken this pack over")
            if stop_requested() or now - saved > CHECKPOINT_EVERY_S:
                self._save(state, before + now - begun)
                saved = now
                if stop_requested():
                    self.log.write(f"stopped at {state.unit} {state.step}: a checkpoint is written")
                    return None
            if is_due:
                share = state.fraction - first
                left = (now - begun) * (1 - state.fraction) / share if share > 0 else None
                self.heartbeats.write(_said(beat, state, left))
                self.log.progress(f"{state.unit} {state.step} of {state.n_steps}, {state.fraction:.0%}", left)
                beaten = now
                if starts.current().cancelled().issuperset(self.pack.run_ids):
                    self.log.write("cancelled")
                    return None
        raise RuntimeError("the trainer ended without tables")

    def _states(self, kept: Mapping[str, Any]) -> "Iterator[State]":
        import torch  # noqa: PLC0415 - heavy

        from hw1.state import State  # noqa: PLC0415 - imports numpy
        from hw1.train import train  # noqa: PLC0415 - imports torch

        torch.set_num_threads(self.pack.threads)
        self.log.write(f"on {self.device}, {self.pack.threads} thread(s)")
        state = State(**{name: value for name, value in kept.items() if name != "seconds"}) if kept else None
        return train(self.pack.specs, device=self.device, state=state)

    def _save(self, state: "State", seconds: float) -> None:
        kept: dict[str, Any] = {"step": state.step, "n_steps": state.n_steps, "unit": state.unit, "seconds": seconds}
        kept |= {"fraction": state.fraction, "values": dict(state.values)}
        try:
            self.checkpoints.save(self.pack.pack_id, self.pack.run_ids, kept)
        except Exception as error:  # noqa: BLE001 - a full disk, or values that cannot be saved, stop no training
            self.log.write(f"no checkpoint could be written ({error}): training goes on without")


def _said(beat: Heartbeat, state: "State", left: float | None) -> Heartbeat:
    return replace(
        beat, unit=state.unit, step=state.step, n_steps=state.n_steps, fraction=state.fraction, seconds_left=left
    )


def _timed(state: "State", seconds: float) -> "State":
    """The last state with the pack's time in its `runs` table."""
    if state.tables is None or "run_id" not in state.tables["runs"]:
        return state
    runs = state.tables["runs"]
    return replace(state, tables={**state.tables, "runs": {**runs, "pack_seconds": [seconds] * len(runs["run_id"])}})
