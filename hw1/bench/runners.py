"""Peers that hand out runs: the notebooks' loop, one run a task, as many at once as there are cores.

Each is used as its documentation says. What a user pays once a session, a pool with torch imported in every worker, is
made before the clock starts and told apart (`ready`); processes that are started for every run are in the time.
"""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hw1.bench.numbers import Numbers
from hw1.bench.tasks import task, warm, written

Runner = Callable[[Sequence[str], int, Path, Callable[[], None]], list[Numbers]]
"""Specs as JSON, cores, a folder to use, and what to call once tasks can be handed out; the numbers, in order."""

POLL_S = 0.05
"""submitit's own `result()` looks every second: to be fair, its jobs are asked oftener."""


def submitit(texts: Sequence[str], n_cpus: int, folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """`submitit.LocalExecutor`, a process a run; it would start all at once, so as many as cores are kept going."""
    import submitit as library  # noqa: PLC0415 - an optional peer, in its own process

    executor = library.LocalExecutor(folder=folder)
    executor.update_parameters(timeout_min=60)

    def done(text: str) -> Numbers:
        job = executor.submit(task, text)
        while not job.done():
            time.sleep(POLL_S)
        numbers: Numbers = job.result()
        return numbers

    ready()
    with ThreadPoolExecutor(n_cpus) as pool:
        return list(pool.map(done, texts))


def joblib(texts: Sequence[str], n_cpus: int, folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """`joblib.Parallel` over loky's worker processes, which stay between the warm-up and the runs."""
    from joblib import Parallel, delayed  # noqa: PLC0415 - an optional peer, in its own process

    with Parallel(n_jobs=n_cpus, temp_folder=str(folder)) as parallel:
        parallel(delayed(warm)(texts[0]) for _ in range(n_cpus))
        ready()
        return list(parallel(delayed(task)(text) for text in texts))


def ray(texts: Sequence[str], n_cpus: int, _folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """Ray tasks on a cluster of this machine."""
    import ray as library  # noqa: PLC0415 - an optional peer, in its own process

    library.init(num_cpus=n_cpus, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    try:
        warmed, remote = library.remote(warm), library.remote(task)
        library.get([warmed.remote(texts[0]) for _ in range(n_cpus)])
        ready()
        return list(library.get([remote.remote(text) for text in texts]))
    finally:
        library.shutdown()


def parsl(texts: Sequence[str], n_cpus: int, folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """Parsl's `HighThroughputExecutor` with one block of a worker a core on this machine."""
    import parsl as library  # noqa: PLC0415 - an optional peer, in its own process
    from parsl.config import Config  # noqa: PLC0415
    from parsl.executors import HighThroughputExecutor  # noqa: PLC0415
    from parsl.providers import LocalProvider  # noqa: PLC0415

    provider = LocalProvider(init_blocks=1, max_blocks=1)
    executor = HighThroughputExecutor(
        label="local", address="127.0.0.1", cores_per_worker=1, max_workers_per_node=n_cpus, provider=provider
    )
    with library.load(Config(executors=[executor], run_dir=str(folder / "runinfo"), usage_tracking=0)):
        warmed, remote = library.python_app(warm), library.python_app(task)
        _ = [future.result() for future in [warmed(texts[0]) for _ in range(n_cpus)]]
        ready()
        return [future.result() for future in [remote(text) for text in texts]]


def hydra(texts: Sequence[str], n_cpus: int, folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """A Hydra multirun with `hydra/launcher=submitit_local`, a process a run, in batches of as many runs as cores.

    The launcher starts a batch at once and waits for all of it: `max_batch_size` is what Hydra has against starting
    everything. Its process is the user's command, so its start is in the time.
    """
    specs = folder / "specs.json"
    specs.write_text(json.dumps(list(texts)), encoding="utf-8")
    command = [sys.executable, "-m", "hw1.bench.hydra_app", "--multirun", "hydra/launcher=submitit_local"]
    command += [f"hydra.sweep.dir={folder / 'multirun'}", f"hydra.sweeper.max_batch_size={n_cpus}"]
    command += [f"+specs={specs}", f"+index=range({len(texts)})"]
    ready()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - this Python, our own module
    found = [folder / "multirun" / str(k) / "numbers.json" for k in range(len(texts))]
    return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def dask(texts: Sequence[str], n_cpus: int, folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """Dask's distributed scheduler with a worker process of one thread a core."""
    from distributed import Client, LocalCluster  # noqa: PLC0415 - an optional peer, in its own process

    settings = {"threads_per_worker": 1, "dashboard_address": None, "local_directory": str(folder)}
    with LocalCluster(n_workers=n_cpus, processes=True, **settings) as cluster, Client(cluster) as client:
        client.gather(client.map(warm, [texts[0]] * n_cpus, pure=False))
        ready()
        return list(client.gather(client.map(task, texts, pure=False)))


def executorlib(texts: Sequence[str], n_cpus: int, folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """A `SingleNodeExecutor` of executorlib, whose workers stay between runs (`block_allocation`)."""
    from executorlib import SingleNodeExecutor  # noqa: PLC0415 - an optional peer, in its own process

    resources = {"cores": 1, "cwd": str(folder)}
    with SingleNodeExecutor(max_workers=n_cpus, block_allocation=True, resource_dict=resources) as executor:
        _ = [future.result() for future in [executor.submit(warm, texts[0]) for _ in range(n_cpus)]]
        ready()
        return [future.result() for future in [executor.submit(task, text) for text in texts]]


def hyperqueue(texts: Sequence[str], n_cpus: int, folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """HyperQueue's server and one worker with all cores, both in this process; it starts a Python for every function.

    What a function returns is lost, so it writes a file.
    """
    from hyperqueue import Job  # noqa: PLC0415 - an optional peer, in its own process
    from hyperqueue.client import PythonEnv  # noqa: PLC0415
    from hyperqueue.cluster import LocalCluster, WorkerConfig  # noqa: PLC0415

    with LocalCluster(str(folder / "server"), WorkerConfig(cores=n_cpus)) as cluster:
        client, job = cluster.client(python_env=PythonEnv(python_bin=sys.executable)), Job(folder)
        found = [folder / f"{k}.json" for k in range(len(texts))]
        for text, path in zip(texts, found, strict=True):
            job.function(written, args=(text, str(path)), stdout=None, stderr=None)
        ready()
        client.wait_for_jobs([client.submit(job)])
        return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def snakemake(texts: Sequence[str], n_cpus: int, folder: Path, ready: Callable[[], None]) -> list[Numbers]:
    """Snakemake's own executor for this machine: a rule with a shell command, a Python a run.

    Its process is the user's command, so its start is in the time.
    """
    (folder / "specs.json").write_text(json.dumps(list(texts)), encoding="utf-8")
    (folder / "Snakefile").write_text(_SNAKEFILE.format(n=len(texts)), encoding="utf-8")
    (folder / "one.py").write_text(_ONE, encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--cores", str(n_cpus), "--quiet", "all"]
    ready()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - this Python
    return [json.loads((folder / f"{k}.json").read_text(encoding="utf-8")) for k in range(len(texts))]


_SNAKEFILE = """
import sys

rule all:
    input: expand("{{k}}.json", k=range({n}))

rule one:
    output: "{{k}}.json"
    params: python=sys.executable
    shell: "{{params.python}} one.py {{wildcards.k}} {{output}}"
"""
_ONE = """
import json, sys
from hw1.bench.tasks import written

written(json.load(open("specs.json"))[int(sys.argv[1])], sys.argv[2])
"""

RUNNERS: dict[str, Runner] = {
    "submitit": submitit,
    "joblib": joblib,
    "ray": ray,
    "parsl": parsl,
    "dask": dask,
    "executorlib": executorlib,
    "hyperqueue": hyperqueue,
    "hydra": hydra,
    "snakemake": snakemake,
}
MODULES: dict[str, tuple[str, ...]] = {
    "notebook": ("torchvision",),
    "submitit": ("submitit",),
    "joblib": ("joblib",),
    "ray": ("ray",),
    "parsl": ("parsl",),
    "dask": ("distributed",),
    "executorlib": ("executorlib",),
    "hyperqueue": ("hyperqueue",),
    "hydra": ("hydra", "hydra_plugins.hydra_submitit_launcher"),
    "snakemake": ("snakemake",),
    "jax": ("jax",),
}
"""Modules that must be importable for a peer."""


def version(module: str) -> dict[str, Any]:
    """Versions of a module's distributions, by name."""
    from importlib.metadata import packages_distributions, version  # noqa: PLC0415 - slow, and only here

    return {name: version(name) for name in packages_distributions().get(module.partition(".")[0], [])}
