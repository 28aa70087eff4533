"""Damage to every kind of file in an output folder, and every command on each: nothing lost, nothing wrong.

python -m jobs.tests.faults.mutations --n 3000 --seed 1
python -m jobs.tests.faults.mutations --seed 1 --case 17     one case again, with all that its commands print
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from jobs.tests.faults import cases, commands, judging, ordinary, sample
from jobs.tests.faults.cases import Case, Result

_TELL_EVERY = 100


def main() -> int:
    """Make the folder, go through the cases, print a table; 1 if there is any fault."""
    options = _options()
    place = Path(tempfile.mkdtemp(prefix="mutations-", dir=options.work))
    place.chmod(0o755)
    ordinary.become(place)
    began = time.monotonic()
    try:
        made = sample.make(place)
        commands.preload([room for room in commands.ROOMS if room != "hw1"])
        print(f"made the folder in {time.monotonic() - began:.0f} s: {len(made.done)} runs done", flush=True)
        targets = cases.kinds(made.out)
        numbers = range(options.n) if options.case is None else [options.case]
        runs = [Case(made, targets, seed=options.seed, number=n, slow=options.slow, place=place) for n in numbers]
        results = _done(runs, n_jobs=options.jobs, show=options.case is not None)
    finally:
        cases.remove(place)
    faults = [fault for result in results for fault in result.faults]
    print(*_table(results), sep="\n")
    n_commands = sum(result.ends.total() for result in results)
    print(f"{len(results)} mutations, {n_commands} commands, {len(faults)} faults, {time.monotonic() - began:.0f} s")
    return bool(faults)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=3000, help="how many mutations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="only this one")
    parser.add_argument("--slow", type=float, default=0.1, help="share of mutations that have `report`; and `submit`")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--work", default="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)  # noqa: S108
    return parser.parse_args()


def _done(runs: Sequence[Case], *, n_jobs: int, show: bool) -> list[Result]:
    if n_jobs == 1 or len(runs) == 1:
        return [_said(cases.run(case, show=show)) for case in runs]
    with multiprocessing.get_context("fork").Pool(n_jobs) as pool:
        found = []
        for result in pool.imap_unordered(cases.run, runs):
            found.append(_said(result))
            if len(found) % _TELL_EVERY == 0:
                print(f"{len(found)} of {len(runs)} mutations", flush=True)
        return found


def _said(result: Result) -> Result:
    for fault in result.faults:
        print(fault, flush=True)
    return result


def _table(results: Iterable[Result]) -> list[str]:
    """A line a kind of file: how many mutations, and how commands ended."""
    by_kind: dict[str, list[Result]] = {}
    for result in results:
        by_kind.setdefault(result.file_kind, []).append(result)
    lines = [f"{'file':<28}{'mutations':>10}" + "".join(f"{end:>11}" for end in judging.ENDS)]
    for kind, found in [*sorted(by_kind.items()), ("all", [r for rs in by_kind.values() for r in rs])]:
        ends = sum((result.ends for result in found), Counter[str]())
        lines.append(f"{kind:<28}{len(found):>10}" + "".join(f"{ends[end] or '·':>11}" for end in judging.ENDS))
    return lines


if __name__ == "__main__":
    sys.exit(main())
