"""A worker: drives trainers of packs, keeps heartbeats and checkpoints, commits tables."""

import errno
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jobs.errors import DataError
from jobs.pack import Pack, halves
from jobs.project import Project
from jobs.sweep import Device
from jobs.worker import provenance
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.commits import Commits
from jobs.worker.device import device_of
from jobs.worker.heartbeats import Heartbeat, Heartbeats
from jobs.worker.holder import Holder, deaths_allowed, heir, me
from jobs.worker.leases import STALE_S, Claim, Lease, Leases, LostLeaseError
from jobs.worker.logs import Log
from jobs.worker.memory import is_memory_error
from jobs.worker.needs import Part, parts, reader
from jobs.worker.session import Session
from results.errors import StoreError
from results.folder import FolderError
from slurm import attempts
from slurm.signals import stop_requested

if TYPE_CHECKING:
    from jobs.spec import Spec
    from jobs.state import State

Verdict = Literal["done", "stopped", "again", "split", "isolate", "held"]
"""Outcome of a pack: `split` and `isolate`, its halves or its runs are to be trained instead; `held`, by another."""

AGAIN_S = 1.0
"""Time between two looks whether a pack that another worker trains is free."""
NEEDED_S = 30.0
"""Time that it waits for runs that its packs need and that nobody trains: then a later submission takes both."""

_HOPELESS = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,
        errno.EPERM,
        errno.EROFS,
        errno.ENOTDIR,
        errno.ELOOP,
        errno.ENOTSUP,
        errno.EINVAL,
        errno.ENOSYS,
    }
)
"""Errors of a disk that will not let us claim packs however long we wait."""


class UnfinishedError(RuntimeError):
    """Packs that this worker could not bring to an end, though nobody asked it to stop."""


class Worker:
    """Drives the trainer of one pack at a time."""

    def __init__(
        self, out: Path, project: Project, device: Device, code: provenance.Code, *, lease_s: float = STALE_S
    ) -> None:
        """A worker on this process's device."""
        self.out, self.wanted = out, device
        self.checkpoints, self.heartbeats = Checkpoints(out), Heartbeats(out)
        self.leases = Leases(out, stale_s=lease_s)
        self.commits = Commits(out, project.tables, code)
        self.errors: list[str] = []
        """Failures that could not be recorded in the store."""
        self._settled = self.commits.settled()
        self._unfit: set[str] = set()
        """Packs that raised when they were continued: their checkpoints, should they outlast removal, are not used."""
        self._held: dict[str, Heartbeat] = {}
        """Heartbeats of the packs that this worker waits for, which say for whom."""
        self._told: dict[str, str] = {}
        """Reasons for waiting that the logs of these packs already have."""
        self._missing: dict[str, set[str]] = {}
        """Of those packs, the ones that wait for runs that they need, and for which."""
        self._busy = time.monotonic()
        """Moment at which it last had a lease."""

    def train(self, pack: Pack) -> bool:
        """Train what is left of a pack and commit it, or leave a checkpoint where a stop was asked for.

        A pack that raises is trained again run by run, so that the one to blame fails alone; one that is too much
        for the memory, or kills its workers, in halves.

        Returns:
            True if another worker has some of it: look again later.
        """
        while not stop_requested():
            if len(pack.specs) > 1 and self.checkpoints.is_split(pack.pack_id):
                return self._train_halves(pack)
            left = replace(pack, specs=self.pending(pack))
            fare = parts(left, self._settled, self.commits.failed)
            if len(fare) != 1:  # nothing is left, or some of it waits
                return self._train_all([part.pack for part in fare])
            with Log(self.out, left) as log:
                verdict = self._claim_and_train(fare[0], log)
            if verdict == "split":
                return self._train_halves(left)
            if verdict == "isolate":
                return self._train_all([replace(left, specs=(spec,)) for spec in left.specs])
            if verdict != "again":
                return verdict == "held"
        return False

    def pending(self, pack: Pack) -> "tuple[Spec, ...]":
        """Those of a pack's runs that are neither settled, as far as is known, nor cancelled."""
        settled, cancelled = self._settled, attempts.current().cancelled()
        return tuple(spec for spec in pack.specs if spec.run_id not in settled and spec.run_id not in cancelled)

    def wait(self, limit_s: float) -> None:
        """Wait until a pack that others have is free, or look again for runs that are needed.

        Raises:
            UnfinishedError: If that takes longer than this, and nothing was trained meanwhile; of runs that are needed
                and that nobody trains, longer than half a minute.
        """
        while not stop_requested():
            limit_s = min(limit_s, NEEDED_S) if self._nobody_trains() else limit_s
            if time.monotonic() > self._busy + limit_s:
                self._forget_held()
                names = ", ".join(dict.fromkeys(beat.unit for beat in self._held.values()))
                raise UnfinishedError(f"{len(self._held)} pack(s) not trained after {limit_s:.0f} s of {names}")
            time.sleep(AGAIN_S)
            if any(self._is_free(pack_id) for pack_id in self._held):
                self._forget_held()
                self._held.clear()
                self._missing.clear()
                self._settled = self.commits.settled()
                return
            for beat in self._held.values():
                self.heartbeats.announce(beat)

    def _forget_held(self) -> None:
        for pack_id in self._held:
            self.heartbeats.remove(pack_id)

    def _nobody_trains(self) -> bool:
        """True if all that this worker waits for are runs that it needs and that no living worker has."""
        if not self._missing or self._missing.keys() != self._held.keys():
            return False
        now = {run_id for beat in self.heartbeats.read() if not beat.is_me for run_id in beat.run_ids}
        return now.isdisjoint(set[str]().union(*self._missing.values()))

    def _is_free(self, pack_id: str) -> bool:
        try:
            return self.leases.is_free(pack_id)
        except OSError:
            return False

    def _train_all(self, packs: Sequence[Pack]) -> bool:
        return any(list(map(self.train, packs)))

    def _train_halves(self, pack: Pack) -> bool:
        held = self._train_all(halves(pack))
        if self._settled.issuperset(pack.run_ids):
            self.checkpoints.remove(pack.pack_id)
        return held

    def _claim_and_train(self, part: Part, log: Log) -> Verdict:
        """Have the pack to ourselves, and train it, unless it waits for runs that it needs."""
        pack = part.pack
        if part.missing:
            self._missing[pack.pack_id] = {spec.run_id for spec in part.missing}
            return self._hold(pack, part.wait, log)
        try:
            claim = self.leases.claim(pack.pack_id, heir)
        except OSError as error:
            if error.errno in _HOPELESS:
                raise FolderError(f"cannot claim packs in {self.leases.folder}: {error.strerror}") from error
            return self._hold(pack, f"waiting for the disk ({error})", log)
        if claim.lease is None:
            who = f"job {claim.before.job_id} on {claim.before.host}" if claim.before else "another worker"
            return self._hold(pack, f"waiting for {who}, which trains this pack", log)
        with claim.lease.kept(self.heartbeats.path(pack.pack_id)):
            try:
                return self._own(part, claim, claim.lease, log)
            except LostLeaseError as error:
                log.write(f"{error}: nothing is committed")
                return "again"
            finally:
                self.heartbeats.remove(pack.pack_id)
                self._busy = time.monotonic()

    def _own(self, part: Part, claim: Claim, lease: Lease, log: Log) -> Verdict:
        """Train a pack that nobody else has, unless it has been settled meanwhile or has killed workers too often."""
        pack = part.pack
        if claim.is_takeover:
            self.commits.store.discard(pack.pack_id)
        if claim.is_takeover or self.commits.may_be_settled(pack.pack_id):
            self._settled = self.commits.settled()
            if not self._settled.isdisjoint(pack.run_ids):
                return "again"
        if part.failed:
            return self._commit(pack, None, part.failed, lease, log)
        beat, attempt = self._heartbeat(pack, lease.holder), attempts.current()
        self.heartbeats.write(beat)
        if claim.before is not None and beat.deaths > claim.before.deaths:
            log.write(f"worker number {beat.deaths} has died while it trained this pack: {attempt.previous}")
            if beat.deaths >= deaths_allowed(attempt, n_runs=len(pack.specs)):
                return self._give_up(pack, f"{attempt.previous}: {beat.deaths} worker(s) died", lease, log)
        return self._attempt(pack, beat, lease, log)

    def _hold(self, pack: Pack, why: str, log: Log) -> Verdict:
        """Do other things first."""
        if self._told.get(pack.pack_id) != why:
            log.write(why)
        self._told[pack.pack_id] = why
        self._held[pack.pack_id] = beat = replace(self._heartbeat(pack, me()), unit=why)
        self.heartbeats.announce(beat)
        return "held"

    def _attempt(self, pack: Pack, beat: Heartbeat, lease: Lease, log: Log) -> Verdict:
        kept = self._kept(pack, log)
        try:
            last = Session(
                pack,
                device_of(pack.specs[0], self.wanted),
                self.checkpoints,
                self.heartbeats,
                lease,
                log,
                reader(self.out),
            ).drive(kept, beat)
            return "stopped" if last is None else self._commit(pack, last, last.failures, lease, log)
        except (LostLeaseError, StoreError, DataError):  # no fault of the runs
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a run raises is recorded, and the others go on
            text = traceback.format_exc()
            log.write(text)
            if stop_requested():  # its processes have had Slurm's signal too
                log.write("a stop was asked for: that is no fault of a run's")
                return "stopped"
            if is_memory_error(error):
                return self._give_up(pack, f"memory: {text}", lease, log)
            if kept:  # which other code may have written: that is no fault of a run's
                log.write("it was continued from a checkpoint: starting the pack from the beginning")
                self.checkpoints.remove(pack.pack_id)
                self._unfit.add(pack.pack_id)
                return "again"
            if len(pack.specs) > 1:
                log.write("training its runs one by one")
                return "isolate"
            return self._fail(pack, text, lease, log)

    def _kept(self, pack: Pack, log: Log) -> dict[str, Any]:
        """The pack's checkpoint; empty where it starts from nothing."""
        kept = None
        if pack.pack_id not in self._unfit:
            kept = self.checkpoints.load(pack.pack_id, pack.run_ids, log.write)
        if kept:
            log.write(f"continuing from {kept.get('unit')} {kept.get('step')} of {kept.get('n_steps')}")
        return kept or {}

    def _give_up(self, pack: Pack, why: str, lease: Lease, log: Log) -> Verdict:
        """Halve a pack that is too much for its workers; a run alone has failed."""
        if len(pack.specs) == 1:
            return self._fail(pack, why, lease, log)
        log.write("training its halves instead")
        try:
            self.checkpoints.split(pack.pack_id)
        except OSError as error:
            log.write(f"that cannot be noted for workers to come ({error})")
        attempts.current().progressed()
        return "split"

    def _fail(self, pack: Pack, why: str, lease: Lease, log: Log) -> Verdict:
        """Record why a run alone has no numbers."""
        try:
            return self._commit(pack, None, {pack.run_ids[0]: why}, lease, log)
        except (LostLeaseError, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - the other packs go on, and the task says so at its end
            log.write(traceback.format_exc())
            self.errors.append(f"the failure of run {pack.run_ids[0]} cannot be recorded ({error!r}), see {log.path}")
            return "stopped"

    def _commit(self, pack: Pack, last: "State | None", failures: Mapping[str, str], lease: Lease, log: Log) -> Verdict:
        beat, device = self._heartbeat(pack, lease.holder), device_of(pack.specs[0], self.wanted)

        def told(why: str) -> None:
            self.heartbeats.write(replace(beat, unit=why))

        if not self.commits.commit(pack, last, failures, log, device=device, fence=lease.advance, told=told):
            return "stopped"
        self.checkpoints.remove(pack.pack_id)
        self._settled.update(pack.run_ids)
        attempts.current().progressed()
        return "done"

    def _heartbeat(self, pack: Pack, holder: Holder) -> Heartbeat:
        return Heartbeat(pack_id=pack.pack_id, study=pack.study, run_ids=pack.run_ids, **asdict(holder))
