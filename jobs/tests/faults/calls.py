"""Every point of failure: kill -9, or an error, at each system call that touches the output folder or Slurm.

python -m jobs.tests.faults.calls worker kill          a worker is killed at its n-th call, for every n, and continued
python -m jobs.tests.faults.calls worker errors        each call fails once, in each of five ways
python -m jobs.tests.faults.calls local kill           the same of the process that submits to local workers
python -m jobs.tests.faults.calls devcluster kill --copies 50     and to Slurm, where the test cluster is up
python -m jobs.tests.faults.calls worker kill --every 20 --seed 3     every 20th point, from a drawn one on
python -m jobs.tests.faults.calls worker kill --point 17 --show       one point again
"""

import argparse
import errno
import functools
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

from jobs.tests.faults import cases, commands, ordinary, points, scenes
from jobs.tests.faults.points import Point, Verdict
from jobs.tests.faults.sample import Rows

_TELL_EVERY = 50
_COPYING = "/.snapshot-"
ERRORS = (errno.EIO, errno.ENOSPC, errno.ESTALE, errno.EINTR, errno.EDQUOT)


def main() -> int:
    """Count the calls, go through them, print a table; 1 if anything was lost, doubled, or has other bits."""
    options = _options()
    place = Path(tempfile.mkdtemp(prefix="calls-", dir=options.work))
    place.chmod(0o755)
    ordinary.become(place)
    began = time.monotonic()
    try:
        commands.preload(scenes.SCENES[options.scene].rooms)
        scene = scenes.made(options.scene, place)
        truth = scene.truth()
        seen = points.counted(scene, reads=options.what == "errors")
        print(f"{len(seen)} points: {dict(Counter(name.split()[0] for name in seen))}", flush=True)
        judged = functools.partial(_judged, options.scene, place, truth)
        with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
            found = pool.imap(judged, _chosen(options, seen))
            verdicts = []
            for verdict in found:
                verdicts.append(_said(verdict, show=options.show))
                if len(verdicts) % _TELL_EVERY == 0:
                    print(f"{len(verdicts)} points", flush=True)
    finally:
        cases.remove(place)
    print(*_table(verdicts), sep="\n")
    faults = sum(bool(verdict.faults) for verdict in verdicts)
    print(f"{len(verdicts)} of {_n_all(options, seen)} points, {faults} faults, {time.monotonic() - began:.0f} s")
    return bool(faults)


def _judged(scene: str, place: Path, truth: Mapping[str, Rows], point: Point) -> Verdict:
    """In one of several processes, each with a folder of its own."""
    return points.passed(scenes.made(scene, place / str(os.getpid())), point, truth)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene", choices=scenes.SCENES)
    parser.add_argument("what", choices=("kill", "errors"))
    parser.add_argument("--every", type=int, default=1, help="only every so many points")
    parser.add_argument("--copies", type=int, default=1, help="of points that copy the code only every so many")
    parser.add_argument("--seed", type=int, default=1, help="draws the first of them")
    parser.add_argument("--point", type=int, help="only this one")
    parser.add_argument("--error", help="only this one, such as ESTALE")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--show", action="store_true", help="print what the processes print")
    parser.add_argument("--work", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)  # noqa: S108
    return parser.parse_args()


def _errors(options: argparse.Namespace) -> list[int]:
    if options.what == "kill":
        return [0]
    return [getattr(errno, options.error)] if options.error else [*ERRORS]


def _n_all(options: argparse.Namespace, seen: list[str]) -> int:
    return len(seen) * len(_errors(options))


def _chosen(options: argparse.Namespace, seen: list[str]) -> list[Point]:
    reads = options.what == "errors"
    numbers = [n for n, name in enumerate(seen, 1) if _COPYING not in name or n % options.copies == 0]
    every = [Point(number=n, error=error, reads=reads) for n in numbers for error in _errors(options)]
    if options.point is not None:
        return [point for point in every if point.number == options.point]
    return every[Random(options.seed).randrange(options.every) :: options.every]


def _said(verdict: Verdict, *, show: bool) -> Verdict:
    if verdict.faults or show:
        print(f"{verdict.point}: {verdict.at or 'never reached'}: {'; '.join(verdict.faults) or 'well'}", flush=True)
        print(*(verdict.said if show else verdict.said[-3:]), sep="\n", flush=True)
    return verdict


def _table(verdicts: list[Verdict]) -> list[str]:
    """A line a call: how often it was the point, how the process ended there, and what was wrong afterwards."""
    by_call: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_call.setdefault(verdict.at.split()[0] if verdict.at else "never reached", []).append(verdict)
    lines = [f"{'call':<16}{'points':>8}{'went on':>9}{'ended':>7}" + "".join(f"{w:>9}" for w in points.FAULTS)]
    for call, found in [*sorted(by_call.items()), ("all", verdicts)]:
        went_on = sum(verdict.went_on for verdict in found)
        wrong = Counter(fault.partition(":")[0] for verdict in found for fault in verdict.faults)
        cells = "".join(f"{wrong[what] or '·':>9}" for what in points.FAULTS)
        lines.append(f"{call:<16}{len(found):>8}{went_on:>9}{len(found) - went_on:>7}{cells}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
