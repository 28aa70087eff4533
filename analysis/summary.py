"""The report's tables: settings from the specs, final numbers over seeds, and where the numbers come from."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from analysis import names
from analysis.frames import StudyResults
from analysis.student import mean_interval
from results.checksums import File
from results.energy import COLUMNS as ENERGY
from results.energy import DEFAULT, Factors, by_study, energy
from results.plain import plain
from results.processors import COLUMNS, mixture, processors
from results.schema import CORE
from results.usage import COLUMNS as USED
from results.usage import HEADER, usages
from results.usage import table as rows_of

_COMMIT_DIGITS = 12
_HOUR_S, _MINUTE_S = 3600, 60
_MOST_NAMES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Text in rows under a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def common(study: StudyResults) -> list[tuple[str, str]]:
    """The spec fields that all runs share, and the seeds."""
    expected = study.expected
    if expected.empty:
        return []
    differing = set(names.varying(expected))
    fields = [name for name in names.fields(expected) if name not in differing]
    shared = [(study.labels.field(name), study.labels.value(name, expected[name].iloc[0])) for name in fields]
    size = _size(study) if len(set(expected["n_params"])) == 1 else []
    return [*shared, *((label, names.value(expected[name].iloc[0])) for name, label in size), *_seeds(expected)]


def differing(study: StudyResults) -> Table:
    """The settings that the study compares: what differs between them, and their size."""
    columns = [(name, study.labels.field(name)) for name in names.varying(study.expected)] + _size(study)
    rows = []
    for name, setting in names.settings(study.expected):
        first = setting.iloc[0]
        rows.append((name, *(study.labels.value(column, first[column]) for column, _ in columns)))
    return Table(header=("setting", *(label for _, label in columns)), rows=tuple(rows))


def final_numbers(study: StudyResults, last: pd.DataFrame, *, as_means: bool = False) -> Table:
    """Each setting's last measured values over seeds: median and range, or mean and its 95% interval.

    Args:
        study: The study.
        last: `run_id`, the columns to show, and `part` where a run has several rows.
        as_means: Whether to show means.
    """
    last = last if "part" in last else last.assign(part="")
    columns = [name for name in last.columns if name not in {"run_id", "part"}]
    rows = []
    for name, setting in names.settings(study.expected):
        runs = last[last["run_id"].isin(setting["run_id"])]
        for part, group in runs.groupby("part"):
            n_done = group["run_id"].nunique()
            label = ", ".join([name, *[str(part)] * bool(part)])
            rows.append(
                (
                    label,
                    f"{n_done} of {len(setting)}",
                    *(_over_seeds(group[c], n_done, as_means=as_means) for c in columns),
                )
            )
    return Table(header=("setting", "runs", *map(study.labels.axis, columns)), rows=tuple(rows))


def measured(study: StudyResults) -> pd.DataFrame:
    """One row a run: every number, and every yes or no, that the study's runs measured."""
    runs = study.runs
    own = study.table(f"{study.name}.runs")
    new = [name for name in own.columns if name not in runs.columns]
    both = runs.merge(own[["run_id", *new]], on="run_id", how="left")
    return both[["run_id", *(name for name in both.columns if _is_measure(study, both, name))]]


def _is_measure(study: StudyResults, rows: pd.DataFrame, name: str) -> bool:
    """True if a column holds what a run measured, not what it is or how it was trained."""
    if name in study.expected.columns or name in {column.name for column in CORE["runs"].columns}:
        return False
    values = rows[name]
    return bool(values.notna().any() and (is_yes_or_no(values) or pd.api.types.is_numeric_dtype(values)))


def is_yes_or_no(values: pd.Series) -> bool:
    """True if every value that is there is true or false."""
    return bool(values.dropna().map(lambda value: isinstance(value, bool | np.bool_)).all())


def _size(study: StudyResults) -> list[tuple[str, str]]:
    """The column that counts parameters, and its label, where the study's runs have such a count."""
    counts = study.expected["n_params"]
    return [("n_params", study.labels.axis("n_params"))] if counts.notna().any() else []


def provenance(runs: pd.DataFrame, factors: Factors = DEFAULT) -> list[tuple[str, str]]:
    """Machines, versions, time and energy of the runs."""
    dirty = " (with uncommitted changes)" if runs["git_dirty"].isin([True]).any() else ""
    used = [name for name in ("Python", "torch", "numpy") if runs[name.lower()].notna().any()]
    versions = [f"{name} {_distinct(runs[name.lower()])}" for name in used]
    return [
        ("processor", _processor(runs)),
        ("threads a worker", _distinct(runs["threads"])),
        ("versions", ", ".join(versions) or "not recorded"),
        ("commit", _distinct(runs["git_commit"].dropna().astype(str).str[:_COMMIT_DIGITS]) + dirty),
        ("hosts", _distinct(runs["host"])),
        ("training time, all runs", _duration(runs["seconds"].sum())),
        ("energy of training", energy(_told(runs, ENERGY), factors) or "not recorded"),
        ("peak memory of a worker", _memory(runs["memory_gb"].max())),
        ("finished", _between(runs["finished"].dropna().astype(str).sort_values().tolist())),
    ]


def _processor(runs: pd.DataFrame) -> str:
    """The kind of processor that trained the runs; if several did, how many runs each trained."""
    named = runs.reindex(columns=[*COLUMNS]).astype(object)
    groups = named.where(named.notna(), "").groupby([*COLUMNS]).size().reset_index(name="n_runs")
    counts = processors(groups.to_dict("records"), n_runs="n_runs")
    return mixture(counts) or "".join(counts) or "not recorded"


def used(runs: pd.DataFrame) -> Table:
    """Asked against used, by study, and what to ask next time; no rows where the runs do not tell."""
    return Table(header=HEADER, rows=tuple(rows_of(usages(_told(runs, USED)))))


def energies(runs: pd.DataFrame, factors: Factors) -> Table:
    """Energy and CO₂ of each study's training; no rows where the runs do not tell."""
    return Table(
        header=("study", "energy and CO₂ of training"), rows=tuple(by_study(_told(runs, ENERGY), factors).items())
    )


def _told(runs: pd.DataFrame, columns: Sequence[str]) -> list[dict[Hashable, Any]]:
    """Some columns as a record a run, None for what is not known."""
    told = runs.reindex(columns=[*columns]).astype(object)
    return told.where(told.notna(), None).to_dict("records")


def files(collected: Sequence[File]) -> Table:
    """The files that hold the numbers, each with the checksum by which it is known."""
    rows = tuple((file.name, f"{file.n_rows:,}", f"{file.n_bytes:,}", file.sha256) for file in collected)
    return Table(header=("file", "rows", "bytes", "SHA-256"), rows=rows)


def failures(study: StudyResults) -> list[tuple[str, str]]:
    """Missing runs that are known to have failed, and why; the last failure of each."""
    known = study.tables.get("failures", pd.DataFrame({"run_id": []}))
    known = known[known["run_id"].isin(study.missing["run_id"])].drop_duplicates("run_id", keep="last")
    rows = [study.expected[study.expected["run_id"] == run_id] for run_id in known["run_id"]]
    return [
        (names.runs(study.expected, row) or "the run", plain(f"{kind}: {message}"))
        for row, kind, message in zip(rows, known.get("failure", []), known.get("message", []), strict=True)
    ]


def _over_seeds(values: pd.Series, n_done: int, *, as_means: bool) -> str:
    if is_yes_or_no(values):
        return f"{values.isin([True]).sum()} of {n_done}"
    values = values.dropna()
    if as_means:
        return _mean(values.to_numpy(float))
    middle, low, high = (names.value(v) for v in (values.median(), values.min(), values.max()))
    return middle if len(values) == 1 else f"{middle} ({low}\N{EN DASH}{high})"


def _mean(values: Float[np.ndarray, " run"]) -> str:
    if len(values) <= 1:
        return names.value(values.mean())
    low, high = mean_interval(values)
    return f"{names.value(values.mean())} ({names.value(low)} to {names.value(high)})"


def _seeds(expected: pd.DataFrame) -> list[tuple[str, str]]:
    if "seed" not in expected:
        return []
    distinct = sorted(int(seed) for seed in expected["seed"].dropna().unique())
    if len(distinct) > _MOST_NAMES and distinct == list(range(distinct[0], distinct[-1] + 1)):
        return [("seeds", f"{distinct[0]} to {distinct[-1]}")]
    return [("seeds", ", ".join(map(str, distinct)))] if distinct else []


def _distinct(values: pd.Series) -> str:
    return names.few(sorted({names.value(value) for value in values.dropna()})) or "not recorded"


def _duration(seconds: float) -> str:
    if seconds >= _HOUR_S:
        return f"{seconds / _HOUR_S:.1f} hours"
    return f"{seconds / _MINUTE_S:.1f} minutes" if seconds >= _MINUTE_S else f"{seconds:.1f} seconds"


def _memory(gb: float) -> str:
    return "not recorded" if pd.isna(gb) else f"{names.number(float(gb), 3)} GiB"


def _between(times: list[str]) -> str:
    if not times:
        return "not recorded"
    return times[0] if times[0] == times[-1] else f"{times[0]} to {times[-1]}"
