"""The cost of a hundred trivial runs on Slurm: ours against others, on the same cluster, interleaved.

As root, with the test cluster up: ``python -m jobs.tests.cluster.bench_overhead``. A trivial run writes an empty file;
a side's time is from its submission to the last file. Others are submitit's `map_array`, a grid of dora as one array,
and Snakemake with its Slurm plugin, a job a run; what is not installed is left out (`pip install dora-search snakemake
snakemake-executor-plugin-slurm`). Ours and submitit's have at most four jobs at once, the other two as many as there
is room for. Ours packs 25 runs a job, as it does with real ones. Then real runs: a hundred function fits of 300
iterations, by `hw1 submit --wait`, against `map_array` of the same runs, one a job.
"""

import os
import secrets
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from hw1.project import PROJECT
from hw1.tests.sweeps import sweep
from jobs.pack import Pack
from jobs.tests.cluster.trivial import Touch, call
from jobs.tests.cluster.user import ROOT, User
from jobs.worker.provenance import Code
from jobs.worker.workload import Work
from slurm import snapshot
from slurm.devcluster import Cluster, Options
from slurm.entry import digest
from slurm.profiles import load
from slurm.submit import submit
from slurm.tasks import Task

N, AT_ONCE, ROUNDS = 100, 4, 3
SNAKEFILE = f"""
rule all:
    input: expand("files/{{n}}", n=range({N}))
rule touch:
    output: "files/{{n}}"
    shell: "touch {{output}}"
"""
DORA = {
    "trivial/__init__.py": "",
    "trivial/train.py": """
import argparse
from pathlib import Path
from dora import argparse_main, get_xp

parser = argparse.ArgumentParser()
parser.add_argument("--n", type=int)

@argparse_main(dir="xps", parser=parser, use_underscore=False)
def main():
    (Path("files") / str(get_xp().cfg.n)).touch()
""",
    "trivial/grids/__init__.py": "",
    "trivial/grids/all.py": f"""
from dora import Explorer

@Explorer
def explorer(launcher):
    launcher.slurm_(partition="work1", cpus_per_task=1, mem_per_gpu=1, time=30)
    with launcher.job_array():
        for n in range({N}):
            launcher({{"n": n}})
""",
}
SWEEP = ("--smoke", "--study", "gradient_norm", "--seeds", str(N))


def ours(folder: Path) -> None:
    """A hundred trivial runs, 25 a job."""
    size = N // AT_ONCE
    tasks = [
        Task(name=str(k), call=Touch(folder / "files", range(k * size, (k + 1) * size)), minutes=1)
        for k in range(AT_ONCE)
    ]
    packages = [ROOT / room for room in ("hw1", "jobs", "slurm", "results", "analysis")]
    code = snapshot.take(packages, into=folder / "code")
    for path in (ROOT / "jobs" / "tests").rglob("*.py"):  # a snapshot is without tests, and this is one
        target = code / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    files = {path.relative_to(code).as_posix(): path for path in code.rglob("*") if path.is_file()}
    code = code.rename(code.with_name(digest(files)))
    submit(tasks, folder=folder, prefix="bench", profile=load("devcluster"), code=code)


def theirs(folder: Path) -> None:
    """A hundred trivial runs, one a job."""
    _map_array(folder, [Touch(folder / "files", range(k, k + 1)) for k in range(N)])


def theirs_real(folder: Path) -> None:
    """A hundred real runs, one a job."""
    runs = sweep(studies=("gradient_norm",), smoke=True, n_seeds=N).runs()
    code = Code(commit="", dirty=None)
    _map_array(
        folder,
        [
            Work.of(
                [Pack(run.study.name, 1, (PROJECT.spec(run.spec.canonical()),))],
                out=folder,
                origin=PROJECT.origin,
                device="cpu",
                code=code,
            )
            for run in runs
        ],
    )


def snakemake(folder: Path) -> None:
    """A hundred trivial runs, one a job, each submitted by itself."""
    (folder / "Snakefile").write_text(SNAKEFILE)
    asked = ["slurm_partition=work1", "runtime=30", "mem_mb=1000", "cpus_per_task=1"]
    options = ["--executor", "slurm", "--jobs", str(N), "--default-resources", *asked]
    srun = folder / "bin" / "srun"  # the plugin hides where this cluster's configuration is
    srun.parent.mkdir()
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={os.environ["SLURM_CONF"]} exec {which("srun")} "$@"\n')
    srun.chmod(0o755)
    environment = os.environ | {"PATH": f"{srun.parent}:{os.environ['PATH']}"}
    subprocess.run([sys.executable, "-m", "snakemake", *options], cwd=folder, env=environment, check=True)


def dora(folder: Path) -> None:
    """A hundred trivial runs, one a job of an array."""
    for name, text in DORA.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "dora", "-P", "trivial", "grid", "all", "--no_monitoring"]
    subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, check=True)


def _map_array(folder: Path, calls: list[object]) -> None:
    import submitit  # noqa: PLC0415 - one side's alone

    executor = submitit.SlurmExecutor(folder / "jobs")
    executor.update_parameters(time=30, array_parallelism=AT_ONCE, cpus_per_task=1, mem="2G")
    executor.map_array(call, calls)


def seconds(cluster: Cluster, side: str) -> float:
    """One side's time, from its start to its last file or commit."""
    user = User(cluster, cluster.shared / secrets.token_hex(4))
    (user.out / "files").mkdir(parents=True)
    cluster.slurm("chown", "-R", "hw1user:", str(user.out))
    began = time.monotonic()
    if side == "ours_real":
        user.finish(*SWEEP)
        return time.monotonic() - began
    command = [sys.executable, "-m", "jobs.tests.cluster.bench_overhead", side, str(user.out)]
    process = cluster.start(command, cwd=ROOT)

    def done() -> int:
        return user.n_committed() if side == "theirs_real" else len(list((user.out / "files").iterdir()))

    while done() < N:
        time.sleep(0.05)
        assert process.poll() in {None, 0}, process.communicate()
    taken = time.monotonic() - began
    process.communicate()
    while cluster.slurm("squeue", "--noheader", "--user=hw1user"):
        time.sleep(0.2)
    return taken


def main() -> None:
    """Time all sides in turns and print the ratios of their medians."""
    if len(sys.argv) > 1:
        SIDES[sys.argv[1]](Path(sys.argv[2]))
        return
    cluster = Cluster()
    cluster.up(Options())
    peers = [side for side in PEERS if find_spec(side)]
    for sides, rounds in ((["ours", "theirs"], ROUNDS), (["ours", *peers], 1), (["ours_real", "theirs_real"], 1)):
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side, taken in times.items():
                taken.append(seconds(cluster, side))
                print(f"{side:12s} {taken[-1]:6.1f} s", flush=True)
        medians = {side: statistics.median(taken) for side, taken in times.items()}
        ours_s = medians.pop(sides[0])
        for side, median in medians.items():
            print(f"{side}: {median:.1f} s against {ours_s:.1f} s, a ratio of {median / ours_s:.1f}", flush=True)


PEERS = ("snakemake", "dora")
SIDES = {"ours": ours, "theirs": theirs, "theirs_real": theirs_real, "snakemake": snakemake, "dora": dora}


if __name__ == "__main__":
    main()
