"""Energy that training took, and its CO₂: an estimate by named factors."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from results.processors import is_gpu

COLUMNS = (
    "study",
    "device",
    "seconds",
    "cpu_seconds",
    "memory_gb",
    "children_gb",
    "asked_memory_gb",
)
"""The columns of `runs` that it is estimated from."""
_J_PER_WH = 3600
_THOUSAND, _LEAST = 1000, 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class Factors:
    """Factors of the estimate, by default those that the calculator of Green Algorithms takes where nothing is known.

    References:
        Lannelongue, Grealey and Inouye 2021, Green Algorithms, Advanced Science 8(12).
    """

    watts_per_core: float = 12.0
    """Of a core in use."""
    watts_per_gpu: float = 200.0
    watts_per_gb: float = 0.3725
    """Of memory that a job has, used or not."""
    pue: float = 1.56
    """Power usage effectiveness: what the whole site takes over what its computers take."""
    co2_g_per_kwh: float = 475.0


DEFAULT = Factors()
SOURCES: Mapping[str, str] = {
    "watts_per_core": "any CPU, Green Algorithms",
    "watts_per_gpu": "any GPU, Green Algorithms",
    "watts_per_gb": "Green Algorithms",
    "pue": "mean of sites, Uptime Institute 2024",
    "co2_g_per_kwh": "the world, IEA 2019",
}
"""Origins of the default factors."""


@dataclass(slots=True)
class _Sum:
    """Energy of some runs."""

    joules: float = 0.0
    """Of computers alone."""
    n_told: int = 0
    n_runs: int = 0
    has_gpu: bool = False

    def add(self, row: Mapping[Any, Any], factors: Factors) -> None:
        """Count one run, with its energy if it tells."""
        self.n_runs += 1
        if not _is_known(row["cpu_seconds"]):
            return
        seconds, on_gpu = _number(row["seconds"]), is_gpu(row["device"])
        memory_gb = _number(row["asked_memory_gb"]) or _number(row["memory_gb"]) + _number(row["children_gb"])
        self.joules += row["cpu_seconds"] * factors.watts_per_core + seconds * memory_gb * factors.watts_per_gb
        self.joules += seconds * factors.watts_per_gpu * on_gpu
        self.n_told += 1
        self.has_gpu |= on_gpu

    def text(self, factors: Factors) -> str:
        """Energy and CO₂ in words; empty if no run tells."""
        if not self.n_told:
            return ""
        wh = self.joules * factors.pue / _J_PER_WH
        both = f"{_amount(wh, 'Wh')} and {_amount(wh * factors.co2_g_per_kwh / 1000, 'g')} of CO₂"
        both = both if both.startswith("less") else f"about {both}"
        return both + f" for {self.n_told} of {self.n_runs} runs, which tell" * (self.n_told < self.n_runs)


def energy(rows: Iterable[Mapping[Any, Any]], factors: Factors) -> str:
    """Energy and CO₂ of these runs' training, with every factor and where it is from; empty if none tells.

    Cores count by their CPU time, a GPU by the time of the runs that used it, memory by what the job was given, or by
    what the worker used where nothing was asked for. Queueing, starts and failed runs are not counted.

    Args:
        rows: Values of `COLUMNS`, a row a run; None or NaN for what is not known.
        factors: The factors.
    """
    total = _Sum()
    for row in rows:
        total.add(row, factors)
    said = total.text(factors)
    return f"{said}: {_said(factors, has_gpu=total.has_gpu)}" if said else ""


def by_study(rows: Iterable[Mapping[Any, Any]], factors: Factors) -> dict[str, str]:
    """The same of each study that tells, without the factors."""
    sums = defaultdict[str, _Sum](_Sum)
    for row in rows:
        sums[row["study"]].add(row, factors)
    return {study: said for study, total in sums.items() if study and (said := total.text(factors))}


def _said(factors: Factors, *, has_gpu: bool) -> str:
    sources = {f.name: SOURCES[f.name] if getattr(factors, f.name) == f.default else "profile" for f in fields(factors)}
    words = {
        "watts_per_core": "{} W a core in use",
        "watts_per_gpu": "{} W a GPU",
        "watts_per_gb": "{} W a GB of memory",
        "pue": "times {} for the site (PUE",
        "co2_g_per_kwh": "{} g of CO₂ a kWh",
    }
    told = []
    for name, text in words.items():
        value = f"{getattr(factors, name):g}"
        if name != "watts_per_gpu" or has_gpu:
            told.append(f"{text.format(value)}{'; ' if name == 'pue' else ' ('}{sources[name]})")
    return ", ".join(told)


def _amount(value: float, unit: str) -> str:
    """A value in its unit, or in thousands of it from a tenth of one on.

    >>> _amount(0.01234, "g"), _amount(12.34, "g"), _amount(346, "Wh"), _amount(1e-9, "Wh")
    ('0.012 g', '12 g', '0.35 kWh', 'less than 0.001 Wh')
    """
    if value < _LEAST:
        return f"less than {_LEAST} {unit}"
    value, unit = (value, unit) if value < _THOUSAND / 10 else (value / _THOUSAND, f"k{unit}")
    return f"{value:.2g} {unit}" if value < 10 else f"{value:.0f} {unit}"  # noqa: PLR2004 - two digits


def _is_known(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _number(value: float | None) -> float:
    return float(value) if value is not None and not math.isnan(value) else 0.0
