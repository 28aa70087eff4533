"""Numbers that the notebooks printed, and where the report's text says otherwise: `printed.json`, read once."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from hw1.published.status import Scale


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One quantity of one run as a notebook printed it, and the spec whose runs it is held against.

    `spec`: every field but the seed, as preset `notebook` has it. `printed`: step and value. `step`: what the steps
    count, empty for figures of a whole run. `decimals`: how many were printed. `logged_every`: the notebook's last
    logged iteration, a multiple of this, stands for where the run stopped.
    """

    study: str
    model: str
    column: str
    scale: Scale
    where: str
    spec: Mapping[str, Any]
    step: str
    decimals: int
    printed: tuple[tuple[int, float], ...]
    end: int = 0
    logged_every: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A setting or a number that the report's text and its notebooks state differently, both quoted."""

    study: str
    what: str
    text: str
    text_where: str
    notebook: str
    notebook_where: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Departure:
    """Something in which preset `notebook` is known not to be what the notebooks ran."""

    study: str
    what: str
    notebook: str
    notebook_where: str
    ours: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Printed:
    """All that is known of the notebooks, and where it comes from."""

    origin: str
    repository: str
    commit: str
    series: tuple[Series, ...]
    differences: tuple[Difference, ...]
    departures: tuple[Departure, ...]


@functools.cache
def printed() -> Printed:
    """The embedded numbers."""
    text = resources.files("hw1.published").joinpath("printed.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return Printed(
        origin=found["origin"],
        repository=found["repository"],
        commit=found["commit"],
        series=tuple(_series(item) for item in found["series"]),
        differences=tuple(Difference(**item) for item in found["differences"]),
        departures=tuple(Departure(**item) for item in found["departures"]),
    )


def _series(item: Mapping[str, Any]) -> Series:
    values = tuple((int(step), float(value)) for step, value in item["printed"])
    return Series(**{**item, "scale": Scale(item["scale"]), "printed": values})
