"""The last measured values of the report's runs, or of the two ends that a run trains."""

import pandas as pd

from jobs import StudyResults

_MEASURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "gradient_norm", "minimal_ratio")
_STOPPING_RULES = ("loss_below", "gradient_norm_below", "accuracy_at_least")


def final(study: StudyResults) -> pd.DataFrame:
    """One row a run, or one row an end where a run has two: steps, whether a stopping rule was met, and measures."""
    last = _last(study)
    rule = study.expected.reindex(columns=list(_STOPPING_RULES)).notna().any(axis=None)
    measures = [name for name in _MEASURES if name in last and last[name].notna().any()]
    columns = ["run_id", "part", "n_steps", *["converged"] * bool(rule), *measures]
    return last[columns]


def _last(study: StudyResults) -> pd.DataFrame:
    runs = study.runs
    curves = study.table("curves")
    ends = curves[curves["end"] > 0].sort_values("step").groupby(["run_id", "end"], sort=False).tail(1)
    if ends.empty:
        return runs.assign(part="")
    ends = ends.assign(part="end " + ends["end"].astype(int).astype(str))
    return ends.rename(columns={"step": "n_steps"}).merge(runs[["run_id", "converged"]], on="run_id")
