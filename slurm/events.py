"""Events: what happened to an array element, in a log that survives cut lines and full disks."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from results.disk import read_small
from slurm.attempts import Ending


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


class Log:
    """Events of one element, a line of JSON each; written by one process at a time."""

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
        try:
            return list(_events(read_small(self._path).decode(errors="replace")))
        except OSError:
            return []


def _appending(path: str, _flags: int) -> int:
    """Open a log, a plain file and no link, that whoever may read its folder may read."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.open(path, flags, 0o666 & Path(path).parent.stat().st_mode)


def _events(text: str) -> Iterator[Event]:
    for line in text.split("\n"):
        try:
            event = Event(**json.loads(line))
        except (RecursionError, TypeError, ValueError):  # empty, or cut
            continue
        texts = (event.event, event.job_id, event.node, event.task, event.message, event.kind or "")
        if all(isinstance(each, str) for each in texts) and isinstance(event.time, int | float):
            yield event
