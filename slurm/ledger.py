"""The ledger: what was handed to Slurm, written before it is asked and completed after it has answered."""

import json
import os
import pickle
import secrets
import socket
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results.access import private_opener
from results.disk import read_small, read_text, sync_folder, write_whole
from results.workspace import Workspace
from slurm import entry, private
from slurm.events import Log
from slurm.tasks import Task

if TYPE_CHECKING:
    from slurm.profiles import Profile  # imports pydantic, which nodes and `status` need not wait for


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """A chunk of a submission's elements: one call of sbatch."""

    name: str
    """Its job name, which no other has: by it the job is found again if nobody heard sbatch's answer."""
    offset: int
    n: int


class DamagedLedgerError(ValueError):
    """A submission's ledger is not whole; the message is one line."""


class Submission:
    """One submission's folder: the only place that knows where its files are."""

    def __init__(self, folder: Path) -> None:
        """Read the ledger.

        Raises:
            FileNotFoundError: If there is none.
            OSError: If it cannot be read.
            DamagedLedgerError: If it is not whole.
        """
        self.folder = folder
        path = folder / "ledger.json"
        text, self.user = read_text(path), path.stat().st_uid
        try:
            self._take(json.loads(text))
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise DamagedLedgerError(f"{path} is damaged ({type(error).__name__}: {error})") from error

    def _take(self, record: Mapping[str, Any]) -> None:
        """Take the ledger's values.

        Raises:
            KeyError, TypeError, ValueError: If one is missing or is not what it should be.
        """
        self.submitted = float(record["submitted"])
        self.host, self.pid = str(record["host"]), int(record["pid"])
        self.retries: Mapping[str, int] = {str(kind): int(n) for kind, n in record["retries"].items()}
        self.requeue = bool(record["requeue"])
        self.signal_s, self.poll_s = float(record["signal_s"]), float(record["poll_s"])
        self.cluster = str(record.get("cluster", ""))
        """The cluster that has it, where Slurm has several; empty: the one that it was submitted from."""
        self.n_gpus = int(record.get("gpus", 0))
        """GPUs that each of its jobs holds."""
        self.time_limit_min = float(record.get("time_limit_min", 0)) or None
        """Minutes that each of its jobs may run; None in a ledger of before they were noted."""
        self.code = Path(record["code"])
        self.tasks: list[list[str]] = [[str(name) for name in names] for names in record["tasks"]]
        """Names of every element's tasks."""
        self.arrays = [
            Chunk(name=str(array["name"]), offset=int(array["offset"]), n=int(array["n"])) for array in record["arrays"]
        ]
        ends = [0, *(array.offset + array.n for array in self.arrays)]
        if [array.offset for array in self.arrays] != ends[:-1] or ends[-1] != len(self.tasks):
            raise ValueError("the arrays are not those of the tasks")
        self._keys = record.get("keys")  # a ledger of before they had a file of their own

    @property
    def id(self) -> str:
        """Its name."""
        return self.folder.name

    @property
    def out(self) -> Path:
        """The output folder."""
        return self.folder.parents[1]

    @cached_property
    def keys(self) -> list[dict[str, str]]:
        """Keys of what every element does, each with its group; a file of its own, which no job has to read.

        Raises:
            OSError, ValueError: If it is not whole.
        """
        path = self.folder / "keys.json"
        try:
            found = self._keys or json.loads(read_text(path))
        except (FileNotFoundError, RecursionError, ValueError) as error:
            raise DamagedLedgerError(f"{path} is missing or damaged") from error
        if not (isinstance(found, list) and all(map(_is_texts, found))):
            raise DamagedLedgerError(f"{path} is damaged")
        return found

    def log(self, element: int) -> Log:
        """An element's log."""
        return Log(self.folder / "elements" / f"{element:05d}.log")

    def calls(self, element: int) -> list[tuple[str, bytes]]:
        """Name and pickled call of each of an element's tasks; see `check_private` before.

        Raises:
            OSError, DamagedLedgerError: If its file cannot be read, or is not whole.
        """
        path = self.folder / "elements" / f"{element:05d}.pkl"
        try:
            calls: list[tuple[str, bytes]] = pickle.loads(read_small(path))  # noqa: S301 - the submitter wrote it
        except (AttributeError, EOFError, ImportError, IndexError, TypeError, ValueError, pickle.PickleError) as error:
            raise DamagedLedgerError(f"{path} is damaged: submit again") from error
        return calls

    def check_private(self, element: int) -> None:
        """See that nobody else could have written what an element unpickles and imports.

        Raises:
            UnsafeFolderError: If somebody could.
            OSError: If something of it is not there.
        """
        pickles = self.folder / "elements"
        folders = (self.out, self.folder.parent, self.folder, pickles, self.code.parent, self.code)
        private.check(*folders, pickles / f"{element:05d}.pkl")

    def stderr(self, job_id: str) -> Path:
        """File in which Slurm keeps what an element and its batch script write to stderr."""
        return self.folder / "logs" / f"{job_id}_0_log.err"

    def stdout(self, job_id: str) -> Path:
        """File in which Slurm keeps what an element prints."""
        return self.folder / "logs" / f"{job_id}_0_log.out"

    def job_id(self, array: Chunk) -> str | None:
        """The array's job id; None as long as nobody has noted it."""
        try:
            text = read_text(self._answer(array)).strip()
        except OSError:
            return None
        return text if text.isdecimal() else None

    def note_job(self, array: Chunk, job_id: str) -> None:
        """Note what sbatch answered."""
        self._write(self._answer(array), job_id)

    def close(self, element: int, reason: str) -> None:
        """Let an element do nothing more, should it start after all or be running still."""
        self._write(self._closure(element), reason)

    def closed(self, element: int) -> str | None:
        """Reason why an element may do nothing more; None while it may."""
        try:
            return read_text(self._closure(element)) or "closed"
        except FileNotFoundError:
            return None
        except OSError:  # that there is one says it
            return "closed"

    def cancel(self, keys: Collection[str]) -> None:
        """Let these not be begun, in elements that have other things to do as well."""
        folder = self.folder / "cancelled"
        folder.mkdir(mode=private.folder_mode(self.out), exist_ok=True)
        self._write(folder / secrets.token_hex(4), "\n".join(sorted(keys)))

    def cancelled(self) -> frozenset[str]:
        """Keys of what may not be begun."""
        found = set[str]()
        for path in (self.folder / "cancelled").glob("[!.]*"):
            with suppress(OSError):  # what cannot be read, somebody else has put there
                found.update(read_text(path).split())
        return frozenset(found)

    def claim(self, name: str) -> bool:
        """True for the first who asks with this name; false, too, where the disk refuses."""
        try:
            (self.folder / name).touch(exist_ok=False)
        except OSError:
            return False
        return True

    def finish(self) -> None:
        """Note that nothing of it is queued or running in Slurm any more.

        Raises:
            OSError: If the disk refuses.
        """
        self._write(self.folder / "finished", "")

    def _write(self, path: Path, text: str) -> None:
        write_whole(path, text, private=not private.is_shared(self.out))

    def _closure(self, element: int) -> Path:
        return self.folder / "elements" / f"{element:05d}.closed"

    def _answer(self, array: Chunk) -> Path:
        return self.folder / f"{array.name}.job"


def record(  # noqa: PLR0913 - all but the first by name
    elements: Sequence[Sequence[Task]],
    *,
    folder: Path,
    prefix: str,
    profile: "Profile",
    code: Path,
    max_array_size: int,
) -> Submission:
    """Write a new submission's ledger and the calls of its elements, the ledger last.

    Raises:
        OSError: If the disk refuses.
        Exception: If a call cannot be pickled.
    """
    name = f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(3)}"
    place, mode = Workspace(folder).submissions / name, private.folder_mode(folder)
    for made in (place.parent, place, place / "elements", place / "logs"):
        made.mkdir(mode=mode, parents=True, exist_ok=made == place.parent)
        sync_folder(made.parent)
    alone = not private.is_shared(folder)
    for number, tasks in enumerate(elements):
        calls = [(task.name, pickle.dumps(task.call)) for task in tasks]
        with open(place / "elements" / f"{number:05d}.pkl", "xb", opener=private_opener if alone else None) as file:
            pickle.dump(calls, file)
            file.flush()
            os.fsync(file.fileno())
    sync_folder(place / "elements")
    write_whole(place / "entry.py", Path(entry.__file__).read_bytes(), private=alone)
    chunks = range(0, len(elements), max_array_size)
    ledger = {
        "submitted": time.time(),
        "by": os.environ.get("USER") or str(os.getuid()),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "profile": profile.name,
        "retries": profile.retries.model_dump(),
        "requeue": profile.requeue,
        "signal_s": profile.signal_s,
        "poll_s": profile.poll_s,
        "cluster": profile.cluster,
        "gpus": profile.gpu.count,
        "time_limit_min": profile.time_limit_min,
        "code": str(code),
        "arrays": [
            {"name": f"{prefix}-{name}-{k}", "offset": start, "n": min(max_array_size, len(elements) - start)}
            for k, start in enumerate(chunks)
        ],
        "tasks": [[task.name for task in tasks] for tasks in elements],
    }
    keys = [{key: group for task in tasks for key, group in task.keys.items()} for tasks in elements]
    write_whole(place / "keys.json", json.dumps(keys), private=alone)
    write_whole(place / "ledger.json", json.dumps(ledger), private=alone)
    return Submission(place)


def _is_texts(found: object) -> bool:
    """True if it is a dictionary of texts."""
    return isinstance(found, dict) and all(isinstance(each, str) for each in (*found, *found.values()))
