"""A peer's process: does the part of a work that is measured, and writes what it took and what it reached.

``python -m hw1.bench.side PEER WORK FOLDER N_CPUS BEGUN INDEX …``, where `BEGUN` is when the benchmark started it.
"""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hw1.bench.numbers import Numbers
from hw1.bench.runners import MODULES, RUNNERS, version
from hw1.bench.works import JAX, NOTEBOOK, WORKS, Work

if TYPE_CHECKING:
    from hw1.specs import Seeded


class Clock:
    """Seconds since the process was started, cut in two where the peer is ready."""

    def __init__(self, begun: float) -> None:
        """Of a process that was started at this time since the epoch."""
        self._begun = self._ready = begun

    def ready(self) -> None:
        """End the setup, whose seconds are counted apart."""
        self._ready = time.time()

    def read(self) -> dict[str, float]:
        """The two parts."""
        return {"seconds": time.time() - self._ready, "setup_seconds": self._ready - self._begun}


def notebook(specs: "Sequence[Seeded]", clock: Clock) -> list[Numbers]:
    """One run after the other in one process, whose kernel is up before.

    On one thread: on two cores that others used too, torch's default of two took a function fit 50 times as long.
    """
    import torch  # noqa: PLC0415 - heavy

    from hw1.bench.plain import run  # noqa: PLC0415 - imports torch

    torch.set_num_threads(1)
    clock.ready()
    return [run(spec) for spec in specs]


def stacked(specs: "Sequence[Seeded]", n_cpus: int) -> list[Numbers]:
    """JAX on as many of its devices as cores; import and compiling are in the time, as ours are."""
    import jax  # noqa: PLC0415 - an optional peer

    from hw1.specs import FunctionFit  # noqa: PLC0415

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - its own interface; for the Hessians only
    jax.config.update("jax_num_cpu_devices", n_cpus)
    from hw1.bench.stacked_jax import fits  # noqa: PLC0415 - imports jax

    return fits([spec for spec in specs if isinstance(spec, FunctionFit)], n_cpus)


def done(peer: str, work: Work, indices: Sequence[int], n_cpus: int, clock: Clock) -> list[Numbers]:
    """The numbers of a work's runs with these indices."""
    parts = work.parts()
    specs = [parts[k] for k in indices]
    if peer == NOTEBOOK:
        return notebook(specs, clock)
    if peer == JAX:
        return stacked(specs, n_cpus)
    with tempfile.TemporaryDirectory() as folder:
        return RUNNERS[peer]([spec.canonical() for spec in specs], n_cpus, Path(folder), clock.ready)


def main(arguments: Sequence[str]) -> None:
    """Measure, and write `result.json` into the folder."""
    peer, name, folder, n_cpus, begun, *indices = arguments
    clock, chosen = Clock(float(begun)), [int(k) for k in indices]
    numbers = done(peer, WORKS[name], chosen, int(n_cpus), clock)
    result = {
        **clock.read(),
        "numbers": dict(zip(chosen, numbers, strict=True)),
        "versions": {k: v for module in ("torch", *MODULES[peer]) for k, v in version(module).items()},
    }
    (Path(folder) / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
