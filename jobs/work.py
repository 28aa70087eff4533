"""What one worker does: drives trainers, keeps heartbeats and checkpoints, commits tables."""

import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw1.specs import from_json
from jobs import provenance
from jobs.checkpoints import Checkpoints
from jobs.heartbeats import Heartbeat, Heartbeats
from jobs.logs import Log
from jobs.memory import keep_freed_memory
from jobs.pack import Pack
from jobs.sweep import Device
from results.store import Store
from slurm.signals import stop_requested

if TYPE_CHECKING:
    import torch

    from hw1.state import State

CHECKPOINT_EVERY_S = 20.0
HEARTBEAT_EVERY_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A task: packs to train one after the other. Picklable; calling it is all that a worker does."""

    out: Path
    packs: tuple[tuple[str, int, tuple[str, ...]], ...]
    """Study, threads, and the specs as canonical JSON."""
    device: Device

    @classmethod
    def of(cls, packs: list[Pack], *, out: Path, device: Device) -> "Work":
        """The task that trains these packs into an output folder."""
        texts = tuple((p.study, p.threads, tuple(spec.canonical() for spec in p.specs)) for p in packs)
        return cls(out=out, packs=texts, device=device)

    def __call__(self) -> None:
        """Train; returns early where a stop was asked for, with checkpoints written."""
        keep_freed_memory()
        for study, threads, texts in self.packs:
            if stop_requested():
                return
            Worker(self.out, self.device).train(Pack(study, threads, tuple(map(from_json, texts))))


class Worker:
    """Drives the trainer of one pack at a time."""

    def __init__(self, out: Path, device: Device) -> None:
        """A worker on this process's device."""
        import torch  # noqa: PLC0415 - heavy; the submitting process never needs it

        cuda = device == "cuda" or (device == "auto" and torch.cuda.is_available())
        self.device = torch.device("cuda" if cuda else "cpu")
        self.out, self.store = out, Store(out)
        self.checkpoints, self.heartbeats = Checkpoints(out), Heartbeats(out)

    def train(self, pack: Pack) -> None:
        """Train a pack and commit it, or leave a checkpoint where a stop was asked for.

        A pack that raises is trained again run by run, so that the one to blame fails alone.
        """
        with Log(self.out, pack) as log, ExitStack() as at_end:
            at_end.callback(self.heartbeats.remove, pack.pack_id)
            try:
                last = self._drive(pack, log)
            except Exception:  # noqa: BLE001 - whatever a run raises is recorded, and the others go on
                text = traceback.format_exc()
                log.write(text)
                if len(pack.specs) == 1:
                    self._commit(pack, None, {pack.run_ids[0]: text}, log)
                    return
                log.write("training its runs one by one")
                last = None
            else:
                if last is not None:
                    self._commit(pack, last, last.failures, log)
                return
        for spec in pack.specs:
            if not stop_requested():
                self.train(replace(pack, specs=(spec,)))

    def _drive(self, pack: Pack, log: Log) -> "State | None":
        """The pack's last state, or None if a stop was asked for before it."""
        kept = self._kept(pack, log)
        before = kept.pop("seconds", 0.0)
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
                self._beat(pack, state, left)
                log.progress(f"{state.unit} {state.step} of {state.n_steps}, {state.fraction:.0%}", left)
                beaten = now
        raise RuntimeError("the trainer ended without tables")

    def _kept(self, pack: Pack, log: Log) -> dict[str, Any]:
        """The pack's checkpoint; empty where it starts from nothing."""
        kept = self.checkpoints.load(pack.pack_id, pack.run_ids) or {}
        if kept:
            log.write(f"continuing from {kept['unit']} {kept['step']} of {kept['n_steps']}")
        return kept

    def _states(self, pack: Pack, kept: dict[str, Any], log: Log) -> "Iterator[State]":
        import torch  # noqa: PLC0415 - heavy

        from hw1.state import State  # noqa: PLC0415 - imports numpy
        from hw1.train import train  # noqa: PLC0415 - imports torch

        torch.set_num_threads(pack.threads)
        log.write(f"on {self.device}, {pack.threads} thread(s)")
        return train(pack.specs, device=self.device, state=State(**kept) if kept else None)

    def _save(self, pack: Pack, state: "State", seconds: float, log: Log) -> None:
        kept: dict[str, Any] = {"step": state.step, "n_steps": state.n_steps, "unit": state.unit, "seconds": seconds}
        kept |= {"fraction": state.fraction, "values": dict(state.values)}
        try:
            self.checkpoints.save(pack.pack_id, pack.run_ids, kept)
        except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
            log.write(f"no checkpoint could be written ({error}): training goes on without")

    def _beat(self, pack: Pack, state: "State", left: float | None) -> None:
        self.heartbeats.write(
            Heartbeat(
                pack_id=pack.pack_id,
                study=pack.study,
                run_ids=pack.run_ids,
                unit=state.unit,
                step=state.step,
                n_steps=state.n_steps,
                fraction=state.fraction,
                seconds_left=left,
                host=provenance.host(),
                job_id=provenance.job(),
                written=time.time(),
            )
        )

    def _commit(self, pack: Pack, last: "State | None", failures: Mapping[str, str], log: Log) -> None:
        """Write the tables of the runs that have numbers, and why the others have none."""
        tables = dict(last.tables) if last is not None and last.tables is not None else {}
        runs = dict(tables.pop("runs", {}))
        n_done = len(runs.get("run_id", []))
        written = {name: columns for name, columns in tables.items() if n_done}
        if n_done:
            written["runs"] = {**runs, **self._vouching(pack, list(runs["run_id"]), runs["pack_seconds"])}
        if failures:
            written["failures"] = _failure_columns(failures)
        self.store.write(pack.pack_id, written)
        self.checkpoints.remove(pack.pack_id)
        log.write(f"committed {n_done} run(s)" + f", {len(failures)} failed" * bool(failures))

    def _vouching(self, pack: Pack, run_ids: list[str], seconds: Any) -> dict[str, list[Any]]:  # noqa: ANN401
        """The columns of `runs` that say what a run was and how it was trained."""
        specs = {spec.run_id: spec for spec in pack.specs}
        commit, dirty = provenance.commit()
        one = {
            "pack_id": pack.pack_id,
            "n_pack": len(run_ids),
            "device": _device_name(self.device),
            "threads": pack.threads,
            "memory_gb": provenance.peak_memory_gb(),
            "git_commit": commit,
            "git_dirty": dirty,
            "host": provenance.host(),
            "job_id": provenance.job(),
            "finished": provenance.now(),
            **provenance.versions(),
        }
        columns: dict[str, list[Any]] = {name: [value] * len(run_ids) for name, value in one.items()}
        columns["seconds"] = [second / len(run_ids) for second in seconds]
        columns["kind"] = [specs[run_id].kind for run_id in run_ids]
        columns["spec"] = [specs[run_id].canonical() for run_id in run_ids]
        return columns


def _timed(state: "State", seconds: float) -> "State":
    """The last state with the pack's time in its `runs` table."""
    if state.tables is None or "run_id" not in state.tables["runs"]:
        return state
    runs = state.tables["runs"]
    return replace(state, tables={**state.tables, "runs": {**runs, "pack_seconds": [seconds] * len(runs["run_id"])}})


def _failure_columns(failures: Mapping[str, str]) -> dict[str, list[Any]]:
    texts = list(failures.values())
    same = {"host": provenance.host(), "job_id": provenance.job(), "finished": provenance.now()}
    return {
        "run_id": list(failures),
        "failure": ["nan" if text.startswith("nan:") else "exception" for text in texts],
        "message": [text.strip().splitlines()[-1] for text in texts],
        "traceback": texts,
        **{name: [value] * len(texts) for name, value in same.items()},
    }


def _device_name(device: "torch.device") -> str:
    if device.type == "cpu":
        return "cpu"
    import torch  # noqa: PLC0415 - heavy

    return str(torch.cuda.get_device_name(device))
