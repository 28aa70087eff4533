"""One point of failure: a process stopped at a system call, continued by the same command, and judged."""

import errno
import os
import signal
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from jobs.tests.faults import commands, notify, sample
from jobs.tests.faults.commands import Ended
from jobs.tests.faults.sample import Rows
from jobs.tests.faults.scenes import Scene

FAULTS = ("lost", "twice", "bits", "failed", "hang", "crash")
_LIMIT_S = 120.0


@dataclass(frozen=True, kw_only=True)
class Point:
    """The n-th call, and the error that it has; 0 is kill -9."""

    number: int
    error: int = 0
    reads: bool = False

    def __str__(self) -> str:
        """As it is found again."""
        what = f"--error {errno.errorcode[self.error]}" if self.error else "kill -9"
        return f"--point {self.number} {what}"


@dataclass(kw_only=True)
class Verdict:
    """What came of a point."""

    point: Point
    at: str = ""
    went_on: bool = False
    faults: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Watched:
    """A process that was watched to its end."""

    ended: Ended
    seen: list[str]
    """Its points, up to where it was stopped."""


def counted(scene: Scene, *, reads: bool) -> list[str]:
    """The points of an undisturbed process."""
    found = watched(scene, Point(number=0, reads=reads))
    if found.ended.code:
        raise RuntimeError(f"without any fault: {found.ended}")
    scene.clear()
    return found.seen


def passed(scene: Scene, point: Point, truth: Mapping[str, Rows]) -> Verdict:
    """Stop a process there, continue, and see that nothing is lost, doubled or different."""
    first = watched(scene, point)
    at = first.seen[point.number - 1] if len(first.seen) >= point.number else ""
    verdict = Verdict(point=point, at=at, went_on=first.ended.code == 0)
    again = scene.again()
    verdict.said = [*_lines(first.ended), "— again —", *_lines(again)]
    if None in {first.ended.code, again.code}:
        verdict.faults.append("hang: it had to be killed")
    elif again.code or "Traceback" in again.stderr:
        verdict.faults.append(f"crash: the same command ended with {again.code}: {again.stderr[-200:]}")
    verdict.faults += _wrong(scene, truth)
    scene.clear()
    return verdict


def _wrong(scene: Scene, truth: Mapping[str, Rows]) -> list[str]:
    def look() -> None:
        from results.collect import collect  # noqa: PLC0415 - in a process of its own
        from results.store import Store  # noqa: PLC0415

        found = sample.by_run(scene.out)
        if missing := truth.keys() - found.keys():
            print(f"lost: {len(missing)} runs")
        if any(rows != truth.get(run_id) for run_id, rows in found.items()):
            print("bits: a run has other numbers")
        if failed := Store(scene.out).failed():
            print(f"failed: {next(iter(failed.values())).message}")
        if n := collect(Store(scene.out), []).n_duplicated:
            print(f"twice: {n} runs are there twice")
        if (n_committed := scene.n_committed()) > len(truth):
            print(f"twice: {n_committed} commits of {len(truth)} runs")

    ended = commands.forked(look, into=scene.place, limit_s=60)
    return [*ended.stdout.splitlines(), *([f"crash: {ended.stderr[-200:]}"] if ended.code else [])]


def watched(scene: Scene, point: Point) -> Watched:
    """Run the scene's process, and have it stop at a point; number 0 is none."""
    ours, theirs = socket.socketpair()

    def call() -> None:
        ours.close()
        notify.submit_to_watcher(theirs, reads=point.reads)
        scene.act()

    began = time.monotonic()
    pid = commands.fork(call, into=scene.place)
    theirs.close()
    seen: list[str] = []
    watcher = notify.Watcher(ours)
    hung = False
    for call_ in watcher.calls(limit_s=_LIMIT_S):
        if call_ is None:
            hung = True
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            break
        if found := _named(call_, pid, scene.out):
            seen.append(found)
            if len(seen) == point.number:
                if point.error:
                    watcher.refuse(call_, point.error)
                    continue
                os.kill(pid, signal.SIGKILL)
        watcher.allow(call_)
    ours.close()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    ended = commands.said(scene.place, code=None if hung else code, seconds=time.monotonic() - began)
    return Watched(ended=ended, seen=seen)


def _named(call: notify.Call, pid: int, out: Path) -> str:
    """The call as a point, if it is one: of the process itself, below the folder; or that it starts a process."""
    if call.name == "execve":
        return f"execve {Path(call.path).name}" if call.parent == pid else ""
    if call.process != pid or not Path(call.path).is_relative_to(out):
        return ""
    return f"{call.name} {Path(call.path).relative_to(out)}"


def _lines(ended: Ended) -> list[str]:
    return [f"exit code {ended.code}", *ended.stdout.splitlines(), *ended.stderr.splitlines()]
