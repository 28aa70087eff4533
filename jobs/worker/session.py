"""A session with a pack: drives its trainer, and keeps its heartbeat and its checkpoint."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jobs.pack import Pack
from jobs.state import Earlier, State
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.device import begin_use
from jobs.worker.heartbeats import Heartbeat, Heartbeats
from jobs.worker.leases import Lease, LostLeaseError
from jobs.worker.logs import Log
from jobs.worker.usage import Spent
from slurm import attempts
from slurm.signals import stop_requested

if TYPE_CHECKING:
    import torch

CHECKPOINT_EVERY_S = 20.0
HEARTBEAT_EVERY_S = 1.0


class _Stopped(BaseException):
    """Training ends here, with or without a checkpoint."""


@dataclass(frozen=True, slots=True)
class Session:
    """A pack that this worker has the lease of, and what it trains it with."""

    pack: Pack
    device: "torch.device | None"
    """None if the runs need no torch."""
    checkpoints: Checkpoints
    heartbeats: Heartbeats
    lease: Lease
    log: Log
    earlier: Earlier
    """Reads the results of runs that the pack's need."""

    def drive(self, kept: Mapping[str, Any], beat: Heartbeat) -> State | None:
        """The pack's last state, or None if training was stopped before it, or all its runs were cancelled.

        Raises:
            LostLeaseError: If another worker has taken the pack over.
        """
        begun, specs = Spent.now(), self.pack.specs
        watch = _Watch(self, beat, before=Spent.kept(kept))
        self._prepare()
        state = State(**{name: value for name, value in kept.items() if name not in Spent._fields}) if kept else None
        try:
            last = specs[0].drive(specs, device=self.device, state=state, see=watch.see, earlier=self.earlier)
        except _Stopped:
            return None
        took = begun.since()
        self.log.write(f"trained in {took.seconds:.1f} s")
        return _timed(last, watch.before.plus(took))

    def _prepare(self) -> None:
        """Let torch use as many threads as the study says, if it is imported by now or will be."""
        os.environ["OMP_NUM_THREADS"] = str(self.pack.threads)
        if self.device is not None or "torch" in sys.modules:
            import torch  # noqa: PLC0415 - heavy

            torch.set_num_threads(self.pack.threads)
        begin_use()
        self.log.write(f"on {self.device}, " * (self.device is not None) + f"{self.pack.threads} thread(s)")

    def save(self, state: State, spent: Spent) -> None:
        """Write a checkpoint; what keeps it from being written stops no training."""
        kept: dict[str, Any] = {"step": state.step, "n_steps": state.n_steps, "unit": state.unit, **spent._asdict()}
        kept |= {"fraction": state.fraction, "values": dict(state.values)}
        try:
            self.checkpoints.save(self.pack.pack_id, self.pack.run_ids, kept)
        except Exception as error:  # noqa: BLE001 - a full disk, or values that cannot be saved, stop no training
            self.log.write(f"no checkpoint could be written ({error}): training goes on without")


class _Watch:
    """Looks at each state that a trainer yields: checkpoints, heartbeats, stop requests, the lease."""

    def __init__(self, session: Session, beat: Heartbeat, *, before: Spent) -> None:
        """Begins now; earlier sessions with the pack took `before`."""
        self.session, self.beat, self.before = session, beat, before
        self._spent = Spent.now()
        self._begun = self._saved = self._beaten = time.monotonic()
        self._first = 0.0

    def see(self, state: State) -> None:
        """Do what is due.

        Raises:
            _Stopped: If training is to end here.
            LostLeaseError: If another worker has taken the pack over.
        """
        now = time.monotonic()
        self._first = self._first or state.fraction
        is_due = now - self._beaten > HEARTBEAT_EVERY_S or self._beaten == self._begun
        if is_due and self.session.lease.is_lost:
            raise LostLeaseError("another worker has taken this pack over")
        if stop_requested() or now - self._saved > CHECKPOINT_EVERY_S:
            self.session.save(state, self.before.plus(self._spent.since()))
            self._saved = now
            if stop_requested():
                self.session.log.write(f"stopped at {state.unit} {state.step}: a checkpoint is written")
                raise _Stopped
        if is_due:
            self._tell(state, now)

    def _tell(self, state: State, now: float) -> None:
        """Write the heartbeat; end if nobody wants the runs any more."""
        session, share = self.session, state.fraction - self._first
        left = (now - self._begun) * (1 - state.fraction) / share if share > 0 else None
        session.heartbeats.write(_said(self.beat, state, left))
        session.log.progress(f"{state.unit} {state.step} of {state.n_steps}, {state.fraction:.0%}", left)
        self._beaten = now
        if attempts.current().cancelled().issuperset(session.pack.run_ids):
            session.log.write("cancelled")
            raise _Stopped


def _said(beat: Heartbeat, state: State, left: float | None) -> Heartbeat:
    return replace(
        beat, unit=state.unit, step=state.step, n_steps=state.n_steps, fraction=state.fraction, seconds_left=left
    )


def _timed(state: State, spent: Spent) -> State:
    """The last state with the pack's time, and each run's share of its CPU time, in its `runs` table."""
    if state.tables is None or "run_id" not in state.tables["runs"]:
        return state
    runs = state.tables["runs"]
    n = len(runs["run_id"])
    share = spent.cpu_seconds / n if n and spent.cpu_seconds is not None else None
    timed = {**runs, "pack_seconds": [spent.seconds] * n, "cpu_seconds": [share] * n}
    return replace(state, tables={**state.tables, "runs": timed})
