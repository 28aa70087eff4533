"""The report's tables: settings from the specs, final numbers over seeds, and where the numbers come from."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis import names
from analysis.frames import Study
from results.checksums import File
from results.plain import plain
from results.processors import COLUMNS, mixture, processors
from results.schema import AXIS

_MEASURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "gradient_norm", "minimal_ratio")
_COMMIT_DIGITS = 12
_HOUR_S, _MINUTE_S = 3600, 60
_MOST_NAMES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Text in rows under a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def common(study: Study) -> list[tuple[str, str]]:
    """The spec fields that all runs share, and the seeds."""
    expected = study.expected
    if expected.empty:
        return []
    differing = set(names.varying(expected))
    size = (
        [(AXIS["n_params"], names.value(expected["n_params"].iloc[0]))] if len(set(expected["n_params"])) == 1 else []
    )
    shared = [(names.field(f), names.value(expected[f].iloc[0])) for f in names.fields(expected) if f not in differing]
    return [*shared, *size, ("seeds", _seeds(expected["seed"]))]


def differing(study: Study) -> Table:
    """The settings that the study compares: what differs between them, and their size."""
    columns = names.varying(study.expected)
    header = ("setting", *map(names.field, columns), AXIS["n_params"])
    rows = []
    for name, setting in names.settings(study.expected):
        first = setting.iloc[0]
        rows.append((name, *(names.value(first[c]) for c in columns), names.value(first["n_params"])))
    return Table(header=header, rows=tuple(rows))


def final_numbers(study: Study) -> Table:
    """Each setting's last measured values: median over seeds, and range where there are several."""
    last = _last(study)
    measures = [name for name in _MEASURES if name in last and last[name].notna().any()]
    stopping = _has_stopping_rule(study.expected)
    header = ("setting", "runs", AXIS["n_steps"], *([AXIS["converged"]] * stopping), *(AXIS[m] for m in measures))
    rows = []
    for name, setting in names.settings(study.expected):
        runs = last[last["run_id"].isin(setting["run_id"])]
        for end in sorted(runs["end"].unique()):
            group = runs[runs["end"] == end]
            n_done = group["run_id"].nunique()
            met = [f"{group['converged'].isin([True]).sum()} of {n_done}"] * stopping
            label = f"{name}, end {end}" if end else name
            values = [_over_seeds(group[m]) for m in ("n_steps", *measures)]
            rows.append((label, f"{n_done} of {len(setting)}", values[0], *met, *values[1:]))
    return Table(header=header, rows=tuple(rows))


def provenance(runs: pd.DataFrame) -> list[tuple[str, str]]:
    """Where and with what the runs were trained, and how long it took."""
    dirty = " (with uncommitted changes)" if runs["git_dirty"].isin([True]).any() else ""
    versions = [f"{name} {_distinct(runs[name.lower()])}" for name in ("Python", "torch", "numpy")]
    return [
        ("processor", _processor(runs)),
        ("threads a worker", _distinct(runs["threads"])),
        ("versions", ", ".join(versions)),
        ("commit", _distinct(runs["git_commit"].dropna().astype(str).str[:_COMMIT_DIGITS]) + dirty),
        ("hosts", _distinct(runs["host"])),
        ("training time, all runs", _duration(runs["seconds"].sum())),
        ("peak memory of a worker", _memory(runs["memory_gb"].max())),
        ("finished", _between(runs["finished"].dropna().astype(str).sort_values().tolist())),
    ]


def _processor(runs: pd.DataFrame) -> str:
    """The kind of processor that trained the runs; if several did, how many runs each trained."""
    named = runs.reindex(columns=[*COLUMNS]).astype(object)
    groups = named.where(named.notna(), "").groupby([*COLUMNS]).size().reset_index(name="n_runs")
    counts = processors(groups.to_dict("records"), n_runs="n_runs")
    return mixture(counts) or "".join(counts) or "not recorded"


def files(collected: Sequence[File]) -> Table:
    """The files that hold the numbers, each with the checksum by which it is known."""
    rows = tuple((file.name, f"{file.n_rows:,}", f"{file.n_bytes:,}", file.sha256) for file in collected)
    return Table(header=("file", "rows", "bytes", "SHA-256"), rows=rows)


def failures(study: Study) -> list[tuple[str, str]]:
    """Missing runs that are known to have failed, and why; the last failure of each."""
    known = study.tables.get("failures", pd.DataFrame({"run_id": []}))
    known = known[known["run_id"].isin(study.missing["run_id"])].drop_duplicates("run_id", keep="last")
    rows = [study.expected[study.expected["run_id"] == run_id] for run_id in known["run_id"]]
    return [
        (names.runs(study.expected, row) or "the run", plain(f"{kind}: {message}"))
        for row, kind, message in zip(rows, known.get("failure", []), known.get("message", []), strict=True)
    ]


def _has_stopping_rule(expected: pd.DataFrame) -> bool:
    rules = expected.reindex(columns=["loss_below", "gradient_norm_below", "accuracy_at_least"])
    return bool(rules.notna().any(axis=None))


def _last(study: Study) -> pd.DataFrame:
    """One row a run with its final figures, or one row an end where a run has two."""
    runs = study.runs
    curves = study.table("curves")
    ends = curves[curves["end"] > 0].sort_values("step").groupby(["run_id", "end"], sort=False).tail(1)
    if ends.empty:
        return runs.assign(end=0)
    return ends.rename(columns={"step": "n_steps"}).merge(runs[["run_id", "converged"]], on="run_id")


def _over_seeds(values: pd.Series) -> str:
    values = values.dropna()
    if values.empty:
        return "not measured"
    middle, low, high = (names.value(v) for v in (values.median(), values.min(), values.max()))
    return middle if len(values) == 1 else f"{middle} ({low}\N{EN DASH}{high})"


def _seeds(seeds: pd.Series) -> str:
    distinct = sorted(int(seed) for seed in seeds.unique())
    if len(distinct) > _MOST_NAMES and distinct == list(range(distinct[0], distinct[-1] + 1)):
        return f"{distinct[0]} to {distinct[-1]}"
    return ", ".join(map(str, distinct))


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
