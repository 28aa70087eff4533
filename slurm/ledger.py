"""The ledger: what was handed to Slurm, written before it is asked and completed after it has answered."""

import json
import os
import pickle
import secrets
import socket
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results.disk import private_opener, read_small, write_whole
from slurm import entry, private
from slurm.starts import Ending
from slurm.tasks import Task

if TYPE_CHECKING:
    from slurm.profiles import Profile  # imports pydantic, which nodes and `status` need not wait for


@dataclass(frozen=True, kw_only=True, slots=True)
class Array:
    """A chunk of a submission's elements: one call of sbatch."""

    name: str
    """Its job name, which no other has: by it the job is found again if nobody heard sbatch's answer."""
    offset: int
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A line of an element's log."""

    event: str
    """`started`, `progress`, `task_done`, `task_failed` or `ended`."""
    job_id: str
    time: float
    """Seconds since the epoch, by the node's clock."""
    node: str = ""
    task: str = ""
    kind: Ending | None = None
    message: str = ""


class Submission:
    """One submission's folder: the only place that knows where its files are."""

    def __init__(self, folder: Path) -> None:
        """Read the ledger.

        Raises:
            OSError, ValueError: If there is none, or not a whole one.
        """
        self.folder = folder
        record = json.loads((folder / "ledger.json").read_text())
        self.submitted: float = record["submitted"]
        self.host: str = record["host"]
        self.pid: int = record["pid"]
        self.retries: Mapping[str, int] = record["retries"]
        self.requeue: bool = record["requeue"]
        self.signal_s: float = record["signal_s"]
        self.poll_s: float = record["poll_s"]
        self.code = Path(record["code"])
        self.arrays = [Array(**array) for array in record["arrays"]]
        self.tasks: list[list[str]] = record["tasks"]
        """Names of every element's tasks."""
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
        """Keys of what every element does, each with its group; a file of its own, which no job has to read."""
        found: list[dict[str, str]] = self._keys or json.loads((self.folder / "keys.json").read_text())
        return found

    def log(self, element: int) -> "Log":
        """An element's log."""
        return Log(self.folder / "elements" / f"{element:05d}.log")

    def calls(self, element: int) -> list[tuple[str, bytes]]:
        """Name and pickled call of each of an element's tasks; see `check_private` before."""
        calls: list[tuple[str, bytes]] = pickle.loads(  # noqa: S301 - written by the submitter, in its own folder
            read_small(self.folder / "elements" / f"{element:05d}.pkl")
        )
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
        """Where Slurm puts what an element and its batch script write to stderr."""
        return self.folder / "logs" / f"{job_id}_0_log.err"

    def stdout(self, job_id: str) -> Path:
        """Where Slurm puts what an element prints."""
        return self.folder / "logs" / f"{job_id}_0_log.out"

    def job_id(self, array: Array) -> str | None:
        """The array's job id; None as long as nobody has noted it."""
        path = self._answer(array)
        return path.read_text().strip() or None if path.exists() else None

    def note_job(self, array: Array, job_id: str) -> None:
        """Note what sbatch answered."""
        self._write(self._answer(array), job_id)

    def close(self, element: int, reason: str) -> None:
        """Let an element do nothing more, should it start after all or be running still."""
        self._write(self._closure(element), reason)

    def closed(self, element: int) -> str | None:
        """Why an element may do nothing more; None while it may."""
        try:
            return self._closure(element).read_text()
        except FileNotFoundError:
            return None

    def cancel(self, keys: Collection[str]) -> None:
        """Let these not be begun, in elements that have other things to do as well."""
        folder = self.folder / "cancelled"
        folder.mkdir(mode=private.folder_mode(self.out), exist_ok=True)
        self._write(folder / secrets.token_hex(4), "\n".join(sorted(keys)))

    def cancelled(self) -> frozenset[str]:
        """Keys of what may not be begun."""
        texts = [path.read_text() for path in (self.folder / "cancelled").glob("[!.]*")]
        return frozenset(key for text in texts for key in text.split())

    def finish(self) -> None:
        """Note that nothing of it is in Slurm's hands any more.

        Raises:
            OSError: If the disk refuses.
        """
        self._write(self.folder / "finished", "")

    def _write(self, path: Path, text: str) -> None:
        write_whole(path, text, private=not private.is_shared(self.out))

    def _closure(self, element: int) -> Path:
        return self.folder / "elements" / f"{element:05d}.closed"

    def _answer(self, array: Array) -> Path:
        return self.folder / f"{array.name}.job"


class Log:
    """What happened to one element, a line of JSON an event; written by one process at a time."""

    def __init__(self, path: Path) -> None:
        """Nothing is made before something is written."""
        self._path = path

    def write(self, event: str, **values: Any) -> None:  # noqa: ANN401 - an event's fields
        """Add an event. A full disk must not end the work: then the event is lost."""
        line = asdict(Event(event=event, time=time.time(), **values))
        text = json.dumps({name: value for name, value in line.items() if value not in {"", None}})
        try:
            with open(self._path, "a", encoding="utf-8", opener=_appending) as file:
                # A line that was cut by a full disk or a lost node is closed by the next one's leading newline.
                file.write(f"\n{text}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return

    def read(self) -> list[Event]:
        """All whole lines, oldest first."""
        if not self._path.exists():
            return []
        return list(_events(self._path.read_text(encoding="utf-8", errors="replace")))


def _appending(path: str, _flags: int) -> int:
    """Open a log, a plain file and no link, that whoever may read its folder may read."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.open(path, flags, 0o666 & Path(path).parent.stat().st_mode)


def _events(text: str) -> Iterator[Event]:
    for line in text.splitlines():
        try:
            yield Event(**json.loads(line))
        except (ValueError, TypeError):  # empty, or cut
            continue


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
    place = _new_place(folder / "submissions" / name, folder_mode=private.folder_mode(folder))
    alone = not private.is_shared(folder)
    for number, tasks in enumerate(elements):
        calls = [(task.name, pickle.dumps(task.call)) for task in tasks]
        with open(place / "elements" / f"{number:05d}.pkl", "xb", opener=private_opener if alone else None) as file:
            pickle.dump(calls, file)
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


def _new_place(place: Path, *, folder_mode: int) -> Path:
    place.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
    for folder in (place, place / "elements", place / "logs"):
        folder.mkdir(mode=folder_mode)
    return place


def submissions(folder: Path, *, finished: bool = False) -> list[Submission]:
    """The submissions of an output folder that may have something in Slurm's hands, or else the others; oldest first.

    A folder without a ledger was left by a submitter that died before it asked Slurm for anything.
    """
    places = [path.parent for path in sorted((folder / "submissions").glob("*/ledger.json"))]
    return [Submission(place) for place in places if (place / "finished").exists() == finished]
