"""Calibrates estimates with finished packs, and compares estimated with actual times."""

import json
import os
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs.project import Project
from jobs.spec import Spec
from jobs.worker import provenance
from results.access import make_folder
from results.disk import read_small, write_whole
from results.layout import layout
from results.workspace import Workspace

if TYPE_CHECKING:
    from jobs.pack import Pack

TELLING_S = 5.0
"""Shorter packs tell of getting started, and so only of packs of their own shape."""

_ENOUGH = 500
"""Packs of a study that an estimate is made from at most: about as many, spread evenly."""
_TOLD = ("n_pack", "pack_seconds", "memory_gb", "device", "host", "spec", "study")


class Sum(NamedTuple):
    """Packs taken together: seconds estimated, and seconds taken."""

    estimated: float = 0.0
    taken: float = 0.0
    n_packs: int = 0

    def plus(self, estimated: float, taken: float) -> "Sum":
        """With one pack more."""
        return Sum(self.estimated + estimated, self.taken + taken, self.n_packs + 1)

    @property
    def ratio(self) -> float:
        """Taken over estimated."""
        return self.taken / self.estimated if self.estimated > 0 else 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Actual and estimated seconds of finished packs, by what they have in common."""

    n_packs: int = 0
    of_shape: Mapping[Hashable, Sum] = field(default_factory=dict)
    of_family: Mapping[Hashable, Sum] = field(default_factory=dict)
    of_all: Sum = field(default_factory=Sum)
    peaks_gb: Mapping[Hashable, float] = field(default_factory=dict)
    """By shape, in GiB. A worker's peak is that of the largest pack it has trained, so the least of several counts."""

    def factor(self, spec: Spec) -> float:
        """By runs of the same shape; where there are none by those of the same family, else by all."""
        known = self.of_shape.get(spec.shape) or self.of_family.get(spec.family) or self.of_all
        return known.ratio

    def peak_gb(self, spec: Spec) -> float | None:
        """Memory that workers needed which trained runs of this shape, in GiB; None if none did."""
        return self.peaks_gb.get(spec.shape)


NOTHING = Calibration()


def calibration(out: Path, project: Project, *, gpu: bool) -> Calibration:
    """Calibration by the packs in an output folder's store, on GPUs or not; by this machine's, if any was trained here.

    Raises:
        StoreError: If the store was written by another version.
    """
    found = _packs(out, *_TOLD)
    cpu_only = _cpu_only(project, found)
    rows = [row for row in found if (row["device"] != "cpu") is (gpu and row["study"] not in cpu_only)]
    here = _some([row for row in rows if row["host"] == provenance.host()] or rows)
    of_shape, of_family = defaultdict[Hashable, Sum](Sum), defaultdict[Hashable, Sum](Sum)
    of_all, peaks_gb = Sum(), dict[Hashable, float]()
    for row in here:
        try:
            spec = project.spec(row["spec"])
        except (TypeError, ValueError):  # another version's
            continue
        estimated, taken = spec.seconds([spec] * row["n_pack"]), row["pack_seconds"]
        of_shape[spec.shape] = of_shape[spec.shape].plus(estimated, taken)
        if row["memory_gb"] is not None:
            peaks_gb[spec.shape] = min(row["memory_gb"], peaks_gb.get(spec.shape, row["memory_gb"]))
        if taken > TELLING_S:
            of_family[spec.family] = of_family[spec.family].plus(estimated, taken)
            of_all = of_all.plus(estimated, taken)
    return Calibration(
        n_packs=len(here), of_shape=dict(of_shape), of_family=dict(of_family), of_all=of_all, peaks_gb=peaks_gb
    )


def _some(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Packs of every study, spread evenly over all that it has: thousands tell no more."""
    by_study = defaultdict[str | None, list[Mapping[str, Any]]](list)
    for row in rows:
        by_study[row["study"]].append(row)
    return [row for each in by_study.values() for row in each[:: 1 + len(each) // _ENOUGH]]


def _cpu_only(project: Project, rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """The studies that use no GPU where there is one: a function does if a run of it has."""
    have = {row["study"] for row in rows if row["device"] != "cpu"}
    return {s.name for s in project.studies if not (s.may_use_gpus and (s.needs_torch or s.name in have))}


def note(out: Path, packs: "Sequence[Pack]") -> None:
    """Keep what was estimated of these packs, for `held`. A full disk is no reason not to train."""
    said = {pack.pack_id: [pack.study, round(pack.seconds, 3)] for pack in packs}
    with suppress(OSError):
        make_folder(Workspace(out).estimates, below=out)
        write_whole(Workspace(out).estimates / f"{time.time_ns()}-{os.getpid()}.json", json.dumps(said))


def held(out: Path, studies: Iterable[str]) -> dict[str, Sum]:
    """Estimated and actual times of the packs that are done, by study.

    Raises:
        StoreError: If the store was written by another version.
    """
    said: dict[str, tuple[str, float]] = {}
    for path in sorted(Workspace(out).estimates.glob("[!.]*.json")):
        said |= _estimates(path)
    wanted, sums = set(studies), defaultdict[str, Sum](Sum)
    for row in _packs(out, "pack_seconds") if said else []:
        study, estimated = said.get(row["pack_id"], ("", 0.0))
        if study in wanted:
            sums[study] = sums[study].plus(estimated, row["pack_seconds"])
    return dict(sums)


def _estimates(path: Path) -> dict[str, tuple[str, float]]:
    """Study and estimated seconds by pack; nothing of a file that is not as `note` writes it."""
    try:
        noted = json.loads(read_small(path))
        return {str(pack_id): (str(study), float(seconds)) for pack_id, (study, seconds) in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _packs(out: Path, *columns: str) -> list[dict[str, Any]]:
    if not layout(out).is_there():
        return []
    from results.store import Store  # noqa: PLC0415 - imports pyarrow, which takes longer than all else here

    return [row for row in Store(out, only_looks=True).packs(*columns) if row["pack_seconds"] is not None]
