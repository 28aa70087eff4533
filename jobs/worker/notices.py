"""Notices to people: one JSON object, posted to the address in a profile."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from results.plain import plain
from slurm import attempts

if TYPE_CHECKING:
    from results.failures import Failure

TIMEOUT_S = 10.0
PAUSES_S = (0.0, 2.0, 10.0)
"""Before each try."""
_SERVER_ERROR = 500


def record(project: str, said: str, state: str, out: Path) -> dict[str, Any]:
    """A notice as people and programs read it.

    `text` is what Slack and Mattermost show, `content` what Discord shows; `state` is `done` or `needs someone`.
    """
    text = plain(f"hw1 {project}: {said}")
    return {"text": text, "content": text, "state": state, "project": project, "out": str(out)}


def post(address: str, record: Mapping[str, Any], *, pauses_s: Sequence[float] = PAUSES_S) -> str:
    """Post it; a line that says how it went. Never raises, and never says the address, which may be a secret."""
    from http.client import HTTPException  # noqa: PLC0415 - most workers never post
    from urllib.error import HTTPError, URLError  # noqa: PLC0415
    from urllib.request import Request, urlopen  # noqa: PLC0415

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
        except (OSError, HTTPException, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
    return plain(f"the notice could not be posted: {why}")


@dataclass
class Alarm:
    """Tells of the first run of a submission to Slurm that fails; the others go on."""

    webhook: str
    project: str
    out: Path
    known: set[str] = field(default_factory=set)
    """Runs that have failed before."""

    def look(self, failed: "Mapping[str, Failure]") -> None:
        """Post if one has failed that is not known, and no worker of the submission has posted."""
        new, submission = sorted(failed.keys() - self.known), attempts.current().submission
        self.known.update(new)
        if not (new and self.webhook and submission is not None and submission.claim("told")):
            return
        first = failed[new[0]]
        said = f"run {first.run_id} failed ({first.failure}: {first.message}), the others go on, in {self.out}"
        told = record(self.project, f"{said}: `hw1 logs {first.run_id}` tells more", "needs someone", self.out)
        print(post(self.webhook, told, pauses_s=(0.0,)), flush=True)  # noqa: T201 - the job's log
