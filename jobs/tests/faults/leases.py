"""Two hosts, one store: workers that stand still longer than their lease, and many that claim one dead worker's pack.

python -m jobs.tests.faults.leases --rounds 100 --claims 10000

Hosts are UTS namespaces, each with a hostname of its own; processes are real, and stopped by SIGSTOP.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from hw1.project import PROJECT
from hw1.tests import made
from jobs.pack import Pack
from jobs.tests.stored import stored
from jobs.worker.holder import me
from jobs.worker.leases import Leases
from jobs.worker.provenance import Code
from jobs.worker.workload import Work
from results.collect import collect
from results.tests.stores import Store

LEASE_S = 0.5
"""Of the workers here: 120 s of real ones would make 100 rounds last half a day."""

_WAIT_S = 240.0
_PACKS = [
    Pack("simulate", 1, tuple(made.fit(seed=2 * k + s, hidden=(4, 32, 32), max_iterations=600) for s in (0, 1)))
    for k in range(2)
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Zombies:
    """What came of rounds in which a worker stood still, its packs were taken over, and it went on."""

    n_rounds: int
    n_taken_over: int
    n_twice: int
    n_lost: int
    n_different: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Claims:
    """In how many rounds of simultaneous claims a pack had several owners, and in how many none."""

    n_rounds: int
    n_several: int
    n_none: int


def on_host(name: str, *command: str) -> list[str]:
    """A command on a host of this name, as root or as anyone who may make namespaces."""
    user = [] if os.geteuid() == 0 else ["-Ur"]
    return ["unshare", *user, "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh", *command]


def can_name_hosts() -> bool:
    """True if this machine lets us give processes hostnames."""
    try:
        return subprocess.run(on_host("node", "true"), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def zombies(n_rounds: int, folder: Path, say: Callable[[str], None] = print) -> Zombies:
    """Stop a worker on one host, later in its work each time, until one on another host has ended it all."""
    _work(whole := folder / "whole")()
    expected, seen = stored(whole), Counter[str]()
    with ExitStack() as stack:
        first, second = (stack.enter_context(_started(f"node{k}", "--worker")) for k in range(2))
        for worker in (first, second):  # what is imported late is there before the first round
            _ask(worker, folder / f"warm-{worker.pid}")
            _answer(worker)
        began = time.monotonic()
        _ask(first, folder / "timed")
        _answer(first)
        takes_s = time.monotonic() - began
        for n in range(n_rounds):
            out = folder / f"round-{n}"
            seen["taken_over"] += _zombie(first, second, out, after_s=takes_s * (n + 0.5) / n_rounds)
            n_parts = len(_committed(out))
            collected = collect(Store(out), [run_id for pack in _PACKS for run_id in pack.run_ids])
            seen["twice"] += collected.n_duplicated > 0 or n_parts > len(_PACKS)
            seen["lost"] += len(collected.missing) > 0
            seen["different"] += stored(out) != expected
            shutil.rmtree(out)
            say(f"round {n + 1} of {n_rounds}: {dict(seen)}")
    counts = {f"n_{name}": seen[name] for name in ("taken_over", "twice", "lost", "different")}
    return Zombies(n_rounds=n_rounds, **counts)


def claims(n_rounds: int, folder: Path, *, n_workers: int = 6) -> Claims:
    """Let workers on two hosts claim a pack at once: nobody's, a dead worker's of this host, or a stale one's."""
    owners = Counter[int]()
    with ExitStack() as stack:
        workers = [stack.enter_context(_started(f"node{k % 2}", "--claimant")) for k in range(n_workers)]
        for n in range(n_rounds):
            out = folder / f"claims-{n}"
            _leave(out, n % 3)
            for worker in workers:
                _ask(worker, out)
            owners[sum(_answer(worker) == "True" for worker in workers)] += 1
            shutil.rmtree(out, ignore_errors=True)
    several = sum(count for n_owners, count in owners.items() if n_owners > 1)
    return Claims(n_rounds=n_rounds, n_several=several, n_none=owners[0])


def _started(host: str, role: str) -> subprocess.Popen[str]:
    """A process on a host, that is asked by lines on stdin and answers by lines on stdout."""
    command = on_host(host, sys.executable, "-m", __spec__.name, role)
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _ask(process: subprocess.Popen[str], out: Path) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{out}\n")
    process.stdin.flush()


def _answer(process: subprocess.Popen[str]) -> str:
    """The next line that is no entry of a pack's log; empty if the process has ended."""
    assert process.stdout is not None
    while (line := process.stdout.readline().strip()) and line not in {"done", "True", "False"}:
        print(line)
    return line


def _zombie(first: subprocess.Popen[str], second: subprocess.Popen[str], out: Path, *, after_s: float) -> bool:
    """One round; whether a pack was taken over while its worker stood still."""
    _ask(first, out)
    _until(lambda: bool(_held(out)))
    time.sleep(after_s)
    os.kill(first.pid, signal.SIGSTOP)
    try:
        held = bool(_held(out))
        _ask(second, out)
        assert _answer(second) == "done"
    finally:
        os.kill(first.pid, signal.SIGCONT)
    assert _answer(first) == "done"
    return held


def _until(holds: Callable[[], bool]) -> None:
    late = time.monotonic() + _WAIT_S
    while not holds():
        assert time.monotonic() < late, "nothing happens"
        time.sleep(0.002)


def _held(out: Path) -> list[Path]:
    return list((out / "leases").glob("[!.]*"))


def _committed(out: Path) -> list[Path]:
    return list((out / "store" / "parts" / "runs").glob("[!.]*"))


def _work(out: Path) -> Work:
    work = Work.of(_PACKS, out=out, origin=PROJECT.origin, device="cpu", code=Code(commit="", dirty=None))
    return replace(work, lease_s=LEASE_S, wait_s=_WAIT_S)


def _leave(out: Path, how: int) -> None:
    """Leave the pack free, or to a worker that is dead on a host of a claimant, or silent for long on another."""
    if how:
        gone = "node0" if how == 1 else "elsewhere"
        machine = me().machine.replace(socket.gethostname(), gone, 1)
        assert Leases(out).claim("p", lambda _: replace(me(), pid=2**22 + 1, born=1, machine=machine)).lease
        for path in _held(out) if how > 1 else ():
            os.utime(path, (0, 0))


def _worker() -> None:
    """For each folder that is named: train what is left to do there."""
    for line in sys.stdin:
        _work(Path(line.strip()))()
        print("done", flush=True)


def _claimant() -> None:
    """For each folder that is named: claim its pack, and say whether that went well."""
    for line in sys.stdin:
        print(Leases(Path(line.strip())).claim("p").lease is not None, flush=True)


def main() -> int:
    """Show both, and fail unless nothing was committed twice or had several owners."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of workers that stand still")
    parser.add_argument("--claims", type=int, default=300, help="rounds of simultaneous claims")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--claimant", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.claimant:
        _claimant()
        return 0
    if options.worker:
        _worker()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        claimed = claims(options.claims, Path(folder))
        print(claimed)
        found = zombies(options.rounds, Path(folder))
        print(found)
    return int(bool(claimed.n_several or claimed.n_none or found.n_twice or found.n_lost or found.n_different))


if __name__ == "__main__":
    sys.exit(main())
