"""A notice that a sweep has ended, or needs someone: one JSON object, posted to the address in a profile."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from jobs.imports import load
from jobs.origin import Origin
from jobs.project import Project
from jobs.status import Status, status
from jobs.sweep import Run, Sweep
from results.plain import amount, plain

TIMEOUT_S = 10.0
PAUSES_S = (0.0, 2.0, 10.0)
"""Before each try."""
_SERVER_ERROR = 500


def notice(runs: Sequence[Run], project: Project, now: Status, out: Path) -> dict[str, Any]:
    """State of a sweep that has ended, as people and programs read it.

    `text` is what Slack and Mattermost show, `content` what Discord shows. `state` is `done`, or `needs someone` where
    a run is not done.
    """
    counts = {str(state): n for state, n in now.counts(runs).items()}
    left = ", ".join(f"{n} {state}" for state, n in counts.items() if n and state != "done")
    is_done = counts["done"] == len(runs)
    said = f"all {amount(len(runs), 'run')} done" if is_done else f"{counts['done']} of {len(runs)} runs done, {left}"
    text = plain(f"hw1 {project.name}: {said}, in {out}" + ": `hw1 status` tells why" * (not is_done))
    state = "done" if is_done else "needs someone"
    return {"text": text, "content": text, "state": state, "project": project.name, "out": str(out), **counts}


def post(address: str, record: Mapping[str, Any], *, pauses_s: Sequence[float] = PAUSES_S) -> str:
    """Post it; a line that says how it went. Never raises, and never says the address, which may be a secret."""
    body = json.dumps(record).encode()
    request = Request(address, data=body, headers={"Content-Type": "application/json", "User-Agent": "hw1"})  # noqa: S310 - a profile's: http or https
    why = ""
    for pause_s in pauses_s:
        time.sleep(pause_s)
        try:
            with urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - as above
                return "the notice was posted"
        except HTTPError as error:
            why = f"its server answered {error.code}"
            if error.code < _SERVER_ERROR:
                break
        except URLError as error:
            why = getattr(error.reason, "strerror", None) or type(error.reason).__name__
        except (OSError, HTTPException) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
    return plain(f"the notice could not be posted: {why}")


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeJob:
    """A call that a job makes once all others have ended."""

    origin: Origin
    out: Path
    asked: Mapping[str, Any]
    """The sweep's values but its project, which the node loads again."""
    webhook: str
    """Address to post to; empty where Slurm's mail is all."""

    @classmethod
    def of(cls, sweep: Sweep, out: Path, webhook: str) -> "NoticeJob":
        """For this sweep."""
        return cls(origin=sweep.project.origin.travelled(), out=out, asked=sweep.values(), webhook=webhook)

    def __call__(self) -> None:
        """Say how the sweep has ended; into the job's log too."""
        sweep = Sweep(project=load(self.origin), **self.asked)
        record = notice(sweep.runs(), sweep.project, status(self.out), self.out)
        print(record["text"], flush=True)  # noqa: T201
        if self.webhook:
            print(post(self.webhook, record), flush=True)  # noqa: T201
