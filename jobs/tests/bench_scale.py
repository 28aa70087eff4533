"""What a sweep costs beside its training: every command on runs that do nothing, from a thousand to a million.

Run `python -m jobs.tests.bench_scale --runs 1000 100000`. Each size begins with a fresh folder and goes through the
commands as a user types them. Prints wall and CPU seconds, the largest process, how much longer a command takes than
with the size before (linear is the ratio of the sizes at most), and the files that are left.

`--parts 20000` is about a store of so many parts that nobody has collected, of one run each (made-up rows), and
`--at-once 200` about so many `status` of a store, begun together.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HW1 = ("-m", "hw1")
COLLECT = """
import shutil, statistics, sys, tempfile, time
from pathlib import Path
from results.collect import collect
from results.tests.stores import Store
store = Path(sys.argv[1])
rates = []
for _ in range(5):
    with tempfile.TemporaryDirectory(dir=store.parent.parent) as copy:
        shutil.copytree(store, Path(copy) / "store")
        begun = time.perf_counter()
        n_rows = collect(Store(Path(copy)), ()).n_runs
        rates.append(n_rows / (time.perf_counter() - begun))
print(f"{statistics.median(rates):,.0f} rows a second ({min(rates):,.0f} to {max(rates):,.0f} of {len(rates)})")
"""
PARTS = """
import sys
from pathlib import Path
from hw1.project import PROJECT
from jobs.sweep import sweep
from results.store import Store
out, (n, mine, of) = Path(sys.argv[1]), map(int, sys.argv[2:])
store = Store(out)
for run in sweep(PROJECT, studies=["empty"], seeds=range(n)).runs()[mine::of]:
    row = {"pack_id": run.run_id, "kind": run.spec.kind, "study": "empty", "spec": run.spec.canonical()}
    row |= {"run_id": run.run_id, "pack_seconds": 2.0, "seconds": 2.0, "n_pack": 1, "device": "cpu", "host": "made-up"}
    store.write(run.run_id, {"runs": {name: [value] for name, value in row.items()}})
"""
N_WRITERS = 2
POLL_S = 0.005


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a command took, and of submissions when the first worker was handed its runs."""

    seconds: float
    cpu_s: float
    peak_mib: float
    """Of the largest process."""
    said: str
    handed_out_s: float = 0.0


def measured(arguments: Sequence[str], watched: Callable[[], bool] | None = None) -> Cost:
    """Run python with these arguments; ``watched`` becomes true when runs are handed out.

    Raises:
        RuntimeError: If the command fails.
    """
    with tempfile.TemporaryFile() as said:
        begun, handed_out_s = time.perf_counter(), 0.0
        process = subprocess.Popen([sys.executable, *arguments], stdout=said, stderr=subprocess.STDOUT)
        while watched is not None and not watched() and time.perf_counter() - begun < 600:
            time.sleep(POLL_S)
            handed_out_s = time.perf_counter() - begun
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        said.seek(max(0, said.tell() - 1000))
        text = said.read().decode(errors="replace")
    if status:
        raise RuntimeError(f"{' '.join(arguments)} failed: {text}")
    cpu_s = used.ru_utime + used.ru_stime
    return Cost(seconds=seconds, cpu_s=cpu_s, peak_mib=used.ru_maxrss / 1024, said=text, handed_out_s=handed_out_s)


def sized(n_runs: int, out: Path) -> dict[str, Cost]:
    """All commands on a sweep of so many runs, half of which are done when they are resumed."""

    def hw1(*arguments: str, n: int = n_runs, watched: Callable[[], bool] | None = None) -> Cost:
        return measured([*HW1, *arguments, "--study", "empty", "--seeds", str(n), "--out", str(out)], watched)

    costs = {
        "list": hw1("list"),
        "plan": hw1("plan"),
        "plan --script": hw1("plan", "--profile", "generic", "--script"),
        "submit, the first half": hw1("submit", "--local", n=n_runs // 2),
        "status, half done": hw1("status"),
    }
    before = len(handed(out))
    costs["submit, the rest"] = hw1("submit", "--local", watched=lambda: len(handed(out)) > before)
    costs["submit, nothing left"] = hw1("submit", "--local")
    costs["collect, in process, 5 times"] = measured(["-c", COLLECT, str(out / "store")])
    costs |= {
        "collect": hw1("collect"),
        "table": hw1("table"),
        "status": hw1("status"),
        "status --json": hw1("status", "--json"),
    }
    return costs


def in_parts(n_parts: int, out: Path) -> dict[str, Cost]:
    """Commands on a store of so many parts."""
    spread = [sys.executable, "-c", PARTS, str(out), str(n_parts)]
    writing = [subprocess.Popen([*spread, str(k), str(N_WRITERS)]) for k in range(N_WRITERS)]
    if sum(process.wait() for process in writing):
        raise RuntimeError("the parts could not be written")
    typed = ("--study", "empty", "--seeds", str(n_parts), "--out", str(out))
    return {name: measured([*HW1, name, *typed]) for name in ("status", "plan", "collect")}


def at_once(n: int) -> float:
    """Seconds until so many `status` that begin together have ended."""
    with tempfile.TemporaryDirectory() as folder:
        typed = ("--study", "empty", "--seeds", "100", "--out", folder)
        measured([*HW1, "submit", "--local", *typed])
        begun, command = time.perf_counter(), [sys.executable, *HW1, "status", *typed]
        every = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(n)]
        if sum(process.wait() for process in every):
            raise RuntimeError("a status failed")
        return time.perf_counter() - begun


def handed(out: Path) -> list[Path]:
    """Logs of the local workers that were started."""
    return list((out / "local").glob("*/*/*_log.out"))


def n_files(folder: Path) -> int:
    """Files in and below a folder."""
    return sum(path.is_file() for path in folder.rglob("*"))


def main() -> None:
    """All sizes, and a table a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 100_000], help="sizes of the sweep, ascending")
    parser.add_argument("--parts", type=int, nargs="*", default=[], help="parts of a store, instead of --runs")
    parser.add_argument("--at-once", type=int, nargs="*", default=[], help="status commands, instead of --runs")
    given, before = parser.parse_args(), dict[str, Cost]()
    for n in given.at_once:
        print(f"{n} status at once: {at_once(n):.1f} s")
    for n_parts in given.parts:
        with tempfile.TemporaryDirectory() as folder:
            for name, cost in in_parts(n_parts, Path(folder) / "out").items():
                print(f"{n_parts} parts: {name:8} {cost.seconds:7.2f} s, {cost.cpu_s:7.2f} s of CPU")
    for n_runs in given.runs if not (given.parts or given.at_once) else ():
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            costs = sized(n_runs, out)
            print(f"\n{n_runs} runs\n{'':28}  seconds     CPU  peak MiB  × before")
            for name, cost in costs.items():
                ratio = f"{cost.seconds / before[name].seconds:.1f}" if name in before else ""
                print(f"{name:28}  {cost.seconds:7.2f} {cost.cpu_s:7.2f}  {cost.peak_mib:8.0f}  {ratio:>8}")
            print(f"resumed: the first worker has its runs after {costs['submit, the rest'].handed_out_s:.2f} s")
            print(f"collected: {costs['collect, in process, 5 times'].said.strip()}")
            print(f"files: {n_files(out / 'store')} in the store once collected, {n_files(out)} in all")
        before = costs


if __name__ == "__main__":
    main()
