"""The kinds of processor that trained a store's runs: equal bits are promised on one kind only."""

import platform
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

COLUMNS = ("device", "cpu", "cpu_capability")
"""The columns of `runs` that name a processor."""


def model() -> str:
    """Model name of this machine's CPU, such as "AMD EPYC 9R14"; its architecture where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def processors(rows: Iterable[Mapping[Any, Any]], *, n_runs: str) -> Counter[str]:
    """Runs trained on each kind of processor.

    Only torch tells the instruction set: runs without it count with those of the same CPU, if all of these used one.

    Args:
        rows: Values of `COLUMNS`, and the number of runs that have them.
        n_runs: Name of that number.
    """
    every, sets, counts = list(rows), defaultdict[str | None, set[str]](set), Counter[str]()
    for device, cpu, capability in ([row[name] for name in COLUMNS] for row in every):
        sets[cpu] |= {capability} if capability and not is_gpu(device) else set()
    for row in every:
        device, cpu, capability = (row[name] for name in COLUMNS)
        known = capability or ("".join(sets[cpu]) if len(sets[cpu]) == 1 else "")
        counts[_kind(device, cpu, known)] += row[n_runs] or 1
    return counts


def mixture(counts: Counter[str]) -> str:
    """One line that says how many runs each kind trained; empty if there is no more than one kind."""
    if len(counts) < 2:  # noqa: PLR2004 - a mixture
        return ""
    listed = ", ".join(f"{n:,} on {kind}" for kind, n in counts.most_common())
    return f"{len(counts)} kinds of processor, which round differently: {listed}"


def is_gpu(device: str | None) -> bool:
    """True for the name of a GPU, as `device` has it."""
    return bool(device) and device != "cpu"


def _kind(device: str | None, cpu: str | None, cpu_capability: str) -> str:
    """A GPU's name, or a CPU's model and the instruction set in use, where that is known."""
    if device and is_gpu(device):
        return device
    if not cpu:
        return "a CPU that was not recorded"
    return f"{cpu} ({cpu_capability})" if cpu_capability else cpu
