"""Tables of function fits: a row a run, its kept iterations, its predictions, its spectrum."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from hw1 import functions
from hw1.spectrum import minimal_ratio
from hw1.stack import Pass, Stack
from jobs import Tables, columns

if TYPE_CHECKING:
    from hw1.function_fit import Fit


def tables(fit: "Fit", whole: Sequence[int]) -> Tables:
    """Everything that a pack's runs write; ``whole`` are the places of those that have numbers."""
    found: Tables = {"runs": columns([run_row(fit, k) for k in whole])}
    if fit.spec.measures == "spectrum":
        rows = [{"run_id": fit.specs[k].run_id, "eigenvalues": fit.spectra[k].numpy()} for k in whole]
        return found | {"eigenvalues": columns(rows)}
    found["curves"] = columns([row for k in whole for row in _curve_rows(fit, k)])
    if fit.spec.measures == "predictions":
        found["predictions"] = columns([row for k in whole for row in _prediction_rows(fit, k)])
    return found


def run_row(fit: "Fit", k: int) -> dict[str, Any]:
    """One run's row of the `runs` table."""
    spec = fit.specs[k]
    return {
        "run_id": spec.run_id,
        "n_params": spec.n_params,
        "n_steps": int(fit.stopped_at[k]),
        "converged": bool(fit.converged[k]),
        "train_loss": float(fit.loss[k]),
        "gradient_norm": _or_null(fit.norm[k]),
        "minimal_ratio": minimal_ratio(fit.spectra[k]) if len(fit.spectra) else None,
    }


def _curve_rows(fit: "Fit", k: int) -> Iterator[dict[str, Any]]:
    """Kept iterations, and the stop: its loss belongs to the weights that were kept."""
    last = int(fit.stopped_at[k])
    for row, step in enumerate(range(0, last, fit.every)):
        loss, norm = fit.curves[:, row, k]
        yield _curve_row(fit, k, step, loss, norm)
    yield _curve_row(fit, k, last, fit.loss[k], fit.norm[k])


def _curve_row(fit: "Fit", k: int, step: int, loss: Tensor, norm: Tensor) -> dict[str, Any]:
    values = {"train_loss": float(loss), "gradient_norm": _or_null(norm)}
    return {"run_id": fit.specs[k].run_id, "end": 0, "step": step, **values}


def _prediction_rows(fit: "Fit", k: int) -> Iterator[dict[str, Any]]:
    stack = Stack(fit.layers, fit.theta[k : k + 1])
    pass_ = Pass(stack, n_points=len(fit.x), negative_slope=fit.spec.negative_slope)
    prediction = pass_.forward(fit.input)[0, 0].double().cpu().numpy()
    truth = functions.evaluate(fit.specs[k].function, functions.grid())
    for x, f, p in zip(functions.grid(), truth, prediction, strict=True):
        yield {"run_id": fit.specs[k].run_id, "x": x, "truth": f, "prediction": p}


def _or_null(value: Tensor) -> float | None:
    return None if np.isnan(float(value)) else float(value)
