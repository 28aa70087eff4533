"""What one worker does: drives trainers, keeps heartbeats and checkpoints, commits tables."""

import os
import socket
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hw1.specs import from_json
from jobs import provenance
from jobs.checkpoints import Checkpoints
from jobs.commits import Commits
from jobs.heartbeats import Heartbeat, Heartbeats, born
from jobs.logs import Log
from jobs.memory import is_memory_error, keep_freed_memory
from jobs.pack import Pack, halves
from jobs.sweep import Device
from slurm import starts
from slurm.signals import stop_requested

if TYPE_CHECKING:
    from hw1.state import State

Verdict = Literal["done", "stopped", "again", "split", "isolate"]
"""What came of a pack: `split` and `isolate`, its halves or its runs are to be trained instead."""

CHECKPOINT_EVERY_S = 20.0
HEARTBEAT_EVERY_S = 1.0
AGAIN_S = 1.0
"""How often a worker looks whether a pack that another one trains is free."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A task: packs to train one after the other. Picklable; calling it is all that a worker does."""

    out: Path
    packs: tuple[tuple[str, int, tuple[str, ...]], ...]
    """Study, threads, and the specs as canonical JSON."""
    device: Device
    code: provenance.Code

    @classmethod
    def of(cls, packs: list[Pack], *, out: Path, device: Device, code: provenance.Code) -> "Work":
        """The task that trains these packs into an output folder."""
        texts = tuple((p.study, p.threads, tuple(spec.canonical() for spec in p.specs)) for p in packs)
        return cls(out=out, packs=texts, device=device, code=code)

    def __call__(self) -> None:
        """Train what is neither done nor failed; returns early where a stop was asked for, with checkpoints written."""
        keep_freed_memory()
        worker = Worker(self.out, self.device, self.code)
        for study, threads, texts in self.packs:
            if stop_requested():
                return
            worker.train(Pack(study, threads, tuple(map(from_json, texts))))


class Worker:
    """Drives the trainer of one pack at a time."""

    def __init__(self, out: Path, device: Device, code: provenance.Code) -> None:
        """A worker on this process's device."""
        import torch  # noqa: PLC0415 - heavy; the submitting process never needs it

        cuda = device == "cuda" or (device == "auto" and torch.cuda.is_available())
        self.device = torch.device("cuda" if cuda else "cpu")
        self.out = out
        self.checkpoints, self.heartbeats = Checkpoints(out), Heartbeats(out)
        self.commits = Commits(out, self.device, code)
        self._settled = self.commits.settled()
        self._unfit: set[str] = set()
        """Packs that raised when they were continued: their checkpoints, should they outlast removal, are not used."""

    def train(self, pack: Pack) -> None:
        """Train what is left of a pack and commit it, or leave a checkpoint where a stop was asked for.

        A pack that raises is trained again run by run, so that the one to blame fails alone; one that is too much
        for the memory, or kills its workers, in halves.
        """
        while not stop_requested():
            if self.checkpoints.is_split(pack.pack_id):
                for half in halves(pack):
                    self.train(half)
                if self._settled.issuperset(pack.run_ids):
                    self.checkpoints.remove(pack.pack_id)
                return
            settled, cancelled = self._settled, starts.current().cancelled()
            specs = (spec for spec in pack.specs if spec.run_id not in settled and spec.run_id not in cancelled)
            left = replace(pack, specs=tuple(specs))
            if not left.specs:
                return
            with Log(self.out, left) as log:
                verdict = self._claim_and_train(left, log)
            if verdict == "split":
                pack = left
            elif verdict == "isolate":
                for spec in left.specs:
                    self.train(replace(left, specs=(spec,)))
                return
            elif verdict != "again":
                return

    def _claim_and_train(self, pack: Pack, log: Log) -> Verdict:
        """Have the pack to ourselves, and train it, unless it has killed workers too often."""
        claim = self.heartbeats.claim(beat := self._heartbeat(pack))
        if not claim.taken:
            return self._wait(pack, claim.before, log)
        before, start = claim.before, starts.current()
        with self.heartbeats.kept(pack.pack_id):
            if before is not None:
                died = before.job_id == beat.job_id and start.previous in {"killed", "memory"}
                beat = replace(beat, deaths=before.deaths + died)
                self.heartbeats.write(beat)
                if died:
                    log.write(f"worker number {beat.deaths} has died while it trained this pack: {start.previous}")
                    if beat.deaths >= _deaths_allowed(pack, start):
                        return self._give_up(pack, f"{start.previous}: {beat.deaths} worker(s) died", log)
            return self._attempt(pack, beat, log)

    def _attempt(self, pack: Pack, beat: Heartbeat, log: Log) -> Verdict:
        kept = self._kept(pack, log)
        try:
            last = self._drive(pack, beat, kept, log)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a run raises is recorded, and the others go on
            text = traceback.format_exc()
            log.write(text)
            if is_memory_error(error):
                return self._give_up(pack, f"memory: {text}", log)
            if kept:  # which other code may have written: that is no fault of a run's
                log.write("it was continued from a checkpoint: starting the pack from the beginning")
                self.checkpoints.remove(pack.pack_id)
                self._unfit.add(pack.pack_id)
                return "again"
            if len(pack.specs) > 1:
                log.write("training its runs one by one")
                return "isolate"
            return self._commit(pack, None, {pack.run_ids[0]: text}, log)
        return "stopped" if last is None else self._commit(pack, last, last.failures, log)

    def _give_up(self, pack: Pack, why: str, log: Log) -> Verdict:
        """Halve a pack that is too much for its workers; a run alone has failed."""
        if len(pack.specs) == 1:
            return self._commit(pack, None, {pack.run_ids[0]: why}, log)
        log.write("training its halves instead")
        self.checkpoints.split(pack.pack_id)
        starts.current().progressed()
        return "split"

    def _commit(self, pack: Pack, last: "State | None", failures: Mapping[str, str], log: Log) -> Verdict:
        if not self.heartbeats.is_mine(pack.pack_id):
            log.write("another worker has taken this pack over: nothing is committed")
            return "again"
        if not self.commits.commit(pack, last, failures, log):
            return "stopped"
        self.checkpoints.remove(pack.pack_id)
        self._settled |= set(pack.run_ids)
        starts.current().progressed()
        return "done"

    def _wait(self, pack: Pack, holder: Heartbeat | None, log: Log) -> Verdict:
        """Wait until nobody else has the pack, or for the disk; then look again at what is left of it."""
        if holder is None:
            log.write("no heartbeat can be written: waiting for the disk")
        else:
            log.write(f"job {holder.job_id} on {holder.host} trains this pack: waiting for it")
        time.sleep(AGAIN_S)
        while not self.heartbeats.is_free(pack.pack_id) and not stop_requested():
            time.sleep(AGAIN_S)
        self._settled = self.commits.settled()
        return "again"

    def _drive(self, pack: Pack, beat: Heartbeat, kept: Mapping[str, Any], log: Log) -> "State | None":
        """The pack's last state, or None if a stop was asked for before it, or nobody wants it any more."""
        before = kept.get("seconds", 0.0)
        begun = saved = beaten = time.monotonic()
        first = 0.0
        for state in self._states(pack, kept, log):
            now = time.monotonic()
            if state.tables is not None:
                log.write(f"trained in {now - begun:.1f} s")
                return _timed(state, before + now - begun)
            first = first or state.fraction
            if stop_requested() or now - saved > CHECKPOINT_EVERY_S:
                self._save(pack, state, before + now - begun, log)
                saved = now
                if stop_requested():
                    log.write(f"stopped at {state.unit} {state.step}: a checkpoint is written")
                    return None
            if now - beaten > HEARTBEAT_EVERY_S or beaten == begun:
                share = state.fraction - first
                left = (now - begun) * (1 - state.fraction) / share if share > 0 else None
                self.heartbeats.write(_said(beat, state, left))
                log.progress(f"{state.unit} {state.step} of {state.n_steps}, {state.fraction:.0%}", left)
                beaten = now
                if starts.current().cancelled().issuperset(pack.run_ids):
                    log.write("cancelled")
                    return None
        raise RuntimeError("the trainer ended without tables")

    def _kept(self, pack: Pack, log: Log) -> dict[str, Any]:
        """The pack's checkpoint; empty where it starts from nothing."""
        kept = None
        if pack.pack_id not in self._unfit:
            kept = self.checkpoints.load(pack.pack_id, pack.run_ids, log.write)
        if kept:
            log.write(f"continuing from {kept.get('unit')} {kept.get('step')} of {kept.get('n_steps')}")
        return kept or {}

    def _states(self, pack: Pack, kept: Mapping[str, Any], log: Log) -> "Iterator[State]":
        import torch  # noqa: PLC0415 - heavy

        from hw1.state import State  # noqa: PLC0415 - imports numpy
        from hw1.train import train  # noqa: PLC0415 - imports torch

        torch.set_num_threads(pack.threads)
        log.write(f"on {self.device}, {pack.threads} thread(s)")
        state = State(**{name: value for name, value in kept.items() if name != "seconds"}) if kept else None
        return train(pack.specs, device=self.device, state=state)

    def _save(self, pack: Pack, state: "State", seconds: float, log: Log) -> None:
        kept: dict[str, Any] = {"step": state.step, "n_steps": state.n_steps, "unit": state.unit, "seconds": seconds}
        kept |= {"fraction": state.fraction, "values": dict(state.values)}
        try:
            self.checkpoints.save(pack.pack_id, pack.run_ids, kept)
        except Exception as error:  # noqa: BLE001 - a full disk, or values that cannot be saved, stop no training
            log.write(f"no checkpoint could be written ({error}): training goes on without")

    def _heartbeat(self, pack: Pack) -> Heartbeat:
        return Heartbeat(
            pack_id=pack.pack_id,
            study=pack.study,
            run_ids=pack.run_ids,
            host=provenance.host(),
            job_id=provenance.job(),
            machine=socket.gethostname(),
            pid=os.getpid(),
            born=born(os.getpid()),
        )


def _said(beat: Heartbeat, state: "State", left: float | None) -> Heartbeat:
    return replace(
        beat, unit=state.unit, step=state.step, n_steps=state.n_steps, fraction=state.fraction, seconds_left=left
    )


def _deaths_allowed(pack: Pack, start: starts.Start) -> int:
    """How many workers may die of a pack: of memory, one is enough to halve it."""
    return 1 if start.previous == "memory" and len(pack.specs) > 1 else start.limit(start.previous)


def _timed(state: "State", seconds: float) -> "State":
    """The last state with the pack's time in its `runs` table."""
    if state.tables is None or "run_id" not in state.tables["runs"]:
        return state
    runs = state.tables["runs"]
    return replace(state, tables={**state.tables, "runs": {**runs, "pack_seconds": [seconds] * len(runs["run_id"])}})
