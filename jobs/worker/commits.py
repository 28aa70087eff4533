"""Commits: what a worker writes into the store, with how and where it was trained."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.pack import Pack
from jobs.worker import provenance, usage
from jobs.worker.device import gpu_memory_gb, used
from jobs.worker.logs import Log
from results.errors import Identity, SchemaError, StoreError, identity
from results.failures import Failure
from results.layout import COLLECTED
from results.store import Store
from slurm.signals import stop_requested

if TYPE_CHECKING:
    import torch

    from jobs.state import State
    from results.schema import Table

PATIENCE_S = 1800.0
"""A worker tries a disk that refuses for this long, before it fails with its results."""
AGAIN_S = 2.0

FAILURES = ("nan", "memory", "killed", "needs", "exception")
"""Kinds of failure that are recorded; the text of any but the last begins with its name."""
_FAILURE = tuple(field.name for field in fields(Failure))


class Commits:
    """Writes packs into the store of one output folder."""

    def __init__(self, out: Path, declared: "Sequence[Table]", code: provenance.Code) -> None:
        """Writes the tables that the project declares, and those that a run brings."""
        self.store, self.code = Store(out, declared=declared), code
        self.failed: dict[str, Failure] = {}
        """Reasons why runs have failed, as `settled` last saw them, and those committed since."""
        self._collected: list[Identity | None] = []

    def settled(self) -> set[str]:
        """Runs that need no training: they are done, or have failed."""
        self._collected = self._identities()
        done, self.failed = self.store.done_and_failed()
        return {*done, *self.failed}

    def may_be_settled(self, pack_id: str) -> bool:
        """True if a worker may have committed this very pack since `settled` was asked; a listing tells."""
        layout = self.store.layout
        names = (name for table in ("runs", "failures") for name in layout.names(table))
        return any(name.rpartition("-")[0] == pack_id for name in names) or self._identities() != self._collected

    def commit(  # noqa: PLR0913 - what was trained, how it ended, and by whom
        self,
        pack: Pack,
        last: "State | None",
        failures: Mapping[str, str],
        log: Log,
        *,
        device: "torch.device | None",
        fence: Callable[[], None] = lambda: None,
        told: Callable[[str], None] = lambda _: None,
    ) -> bool:
        """Write the tables of the runs that have numbers, and why the others have none.

        While the disk refuses this waits, for half an hour at most: full disks are emptied, and rights given back.

        Args:
            pack: What was trained.
            last: How it ended.
            failures: Why runs of it have no numbers, by id.
            log: Says what is committed, and why not.
            device: Where it was trained.
            fence: Called before anything can be seen by others, see `Store.write`.
            told: Called again and again while it waits, with what it waits for.

        Returns:
            False if a stop was asked for while it waited: nothing is written.

        Raises:
            SchemaError: If the store was written by another version.
            StoreError: If the disk refuses to the end.
            Exception: What the fence raises, or what is wrong with the tables.
        """
        tables = dict(last.tables) if last is not None and last.tables is not None else {}
        runs = dict(tables.pop("runs", {}))
        n_done = len(runs.get("run_id", []))
        written = {name: columns for name, columns in tables.items() if n_done}
        if n_done:
            written["runs"] = {**runs, **self._vouching(pack, list(runs["run_id"]), runs["pack_seconds"], device)}
        failed = _failed(failures)
        if failed:
            written["failures"] = {name: [getattr(each, name) for each in failed] for name in _FAILURE}
        declared = pack.specs[0].described(tables)
        told_both = _both(log.write, told)
        if not _patiently(lambda: self.store.write(pack.pack_id, written, declared=declared, fence=fence), told_both):
            return False
        self.failed |= {each.run_id: each for each in failed}
        log.write(f"committed {n_done} run(s)" + f", {len(failures)} failed" * bool(failures))
        return True

    def _identities(self) -> list[Identity | None]:
        return [identity(self.store.layout.file(table, COLLECTED)) for table in ("runs", "failures")]

    def _vouching(
        self, pack: Pack, run_ids: list[str], seconds: Sequence[float], device: "torch.device | None"
    ) -> dict[str, list[Any]]:
        """The columns of `runs` that say what a run was and how it was trained."""
        specs, first = {spec.run_id: spec for spec in pack.specs}, pack.specs[0]
        may_use_torch = first.needs_torch or first.in_turn  # in turn: functions, which import what they like
        one = {
            "pack_id": pack.pack_id,
            "study": pack.study,
            "n_pack": len(run_ids),
            "device": used(device),
            "threads": pack.threads,
            "gpu_memory_gb": gpu_memory_gb(device),
            **usage.peaks(),
            **usage.asked(pack.threads),
            "git_commit": self.code.commit,
            "git_dirty": self.code.dirty,
            "host": provenance.host(),
            "job_id": provenance.job(),
            "finished": provenance.now(),
            **provenance.numerics(may_use_torch=may_use_torch),
        }
        columns: dict[str, list[Any]] = {name: [value] * len(run_ids) for name, value in one.items()}
        columns["seconds"] = [second / len(run_ids) for second in seconds]
        columns["kind"] = [specs[run_id].kind for run_id in run_ids]
        columns["spec"] = [specs[run_id].canonical() for run_id in run_ids]
        return columns


def _both(log: Callable[[str], None], told: Callable[[str], None]) -> Callable[[str], None]:
    """The log is told what is new, the other everything."""
    before = ""

    def tell(line: str) -> None:
        nonlocal before
        if line != before:
            log(line)
        before = line
        told(line)

    return tell


def _patiently(write: Callable[[], None], told: Callable[[str], None]) -> bool:
    late = time.monotonic() + PATIENCE_S
    while True:
        try:
            write()
        except SchemaError:
            raise
        except (StoreError, OSError) as error:
            told(f"waiting for the disk, {PATIENCE_S / 60:.0f} min at most ({error})")
            if time.monotonic() > late:
                raise StoreError(f"cannot commit: {error}") from error
            if stop_requested():
                return False
            time.sleep(AGAIN_S)
        else:
            return True


def _failed(failures: Mapping[str, str]) -> list[Failure]:
    """Rows of `failures` for these texts by run id."""
    same = {"host": provenance.host(), "job_id": provenance.job(), "finished": provenance.now()}
    found = []
    for run_id, raw in failures.items():
        text = raw.encode(errors="backslashreplace").decode()
        message = (text.strip().splitlines() or [""])[-1]
        found.append(Failure(run_id=run_id, failure=_kind(text), message=message, traceback=text, **same))
    return found


def _kind(text: str) -> str:
    first = text.partition(":")[0]
    return first if first in FAILURES else FAILURES[-1]
