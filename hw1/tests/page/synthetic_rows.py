"""Made-up tables of a made-up manifest, for tests only: shaped like the store's, their numbers mean nothing."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hw1.functions import evaluate, grid
from hw1.tables import TABLES
from hw1.tests.page import synthetic_surface


def tables(of: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows that `collect` would hand over had every run of the manifest finished."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for row in of.to_dict("records"):
        rng = np.random.default_rng(int(row["run_id"], 16))
        for name, part in _RECORDED[row["study"]](row, rng).items():
            parts[name].append(pd.DataFrame(part).assign(run_id=row["run_id"]))
    return {
        name: pd.concat(frames, ignore_index=True).reindex(columns=[c.name for c in TABLES[name]])
        if (frames := parts[name])
        else pd.DataFrame({c.name: [] for c in TABLES[name]})
        for name in TABLES
    }


def _run(n_steps: int, rng: np.random.Generator, **final: object) -> list[dict[str, object]]:
    return [
        {
            "pack_id": "pack",
            "n_steps": n_steps,
            "seconds": float(rng.uniform(1, 60)),
            "pack_seconds": 60.0,
            "n_pack": 4,
            "device": "made-up CPU",
            "threads": 1,
            "memory_gb": 1.25,
            "python": "3.11.0",
            "torch": "0.0.0",
            "numpy": np.__version__,
            "git_commit": "0123456789abcdef0123",
            "git_dirty": False,
            "host": "nowhere",
            "finished": "2000-01-01T00:00:00Z",
        }
        | final
    ]


def _fit(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Loss falling by a power of the iteration, with noise."""
    n = min(int(row["max_iterations"]), int(rng.integers(14_000, 26_000)))
    steps = np.unique(np.geomspace(1, n, min(n, 600)).round().astype(int))
    rate = {7: 0.6, 4: 0.5}.get(len(row["hidden"]), 0.3) + rng.normal(0, 0.02)
    loss = steps**-rate * np.exp(rng.normal(0, 0.12, len(steps)))
    norm = loss**0.7 * np.exp(rng.normal(0, 0.5, len(steps)))
    x = grid()
    truth = evaluate(row["function"], x)
    guess = truth + 2 * loss[-1] ** 0.5 * np.sin(9 * x + rng.uniform(0, 6))
    final = {"train_loss": loss[-1], "converged": n < row["max_iterations"]}
    return {
        "runs": _run(n, rng, **final),
        "curves": {"end": 0, "step": steps, "train_loss": loss, "gradient_norm": norm},
        "predictions": {"x": x, "truth": truth, "prediction": guess},
    }


def _spectrum(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    values = np.sort(rng.normal(rng.uniform(0.2, 0.6), 1, 572))
    ratio = float((values > 0).mean())
    met = rng.random() < 0.9
    final = {"minimal_ratio": ratio, "converged": met, "gradient_norm": 9e-4 if met else 4e-3}
    loss = 10 ** (-1 - 3 * ratio + rng.normal(0, 0.3))
    run = _run(min(int(row["max_iterations"]), int(rng.integers(900, 4000))), rng, train_loss=loss, **final)
    return {"runs": run, "eigenvalues": {"eigenvalues": [values]}}


def _stationary(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Two points a run: a plateau that Newton steps leave for a zero of the gradient, or a valley where they stall."""
    plateau = rng.random() < 0.3
    loss = np.array([0.0613, 0.0613]) if plateau else 10 ** rng.normal(-2.7, 0.3) * np.array([1.0, 0.99])
    sizes = 10 ** rng.uniform(-20 if plateau else -14, 1, (2, 572))
    signs = np.where(rng.random((2, 572)) < (0.5 if plateau else 0.6), 1, -1)
    run = _run(int(rng.integers(40, 3000)), rng, train_loss=loss[0], converged=True, gradient_norm=9e-4)
    return {
        "runs": run,
        "critical_points": {
            "phase": ["adam", "newton"],
            "n_steps": [900, 20],
            "converged": [True, plateau],
            "loss": loss,
            "gradient_norm": [9e-4, 10 ** rng.uniform(-8, -6.1) if plateau else 10 ** rng.uniform(-5, -3.1)],
            "hessian_gradient_ratio": 10 ** rng.uniform(-4, 0, 2),
            "newton_residual": 10 ** rng.uniform(-4, -2, 2),
            "newton_step": 10 ** rng.uniform(-1, 2, 2),
            "smooth_fraction": [10 ** rng.uniform(-9, -2), np.nan if plateau else 10 ** rng.uniform(-9, -2)],
            "eigenvalues": list(np.sort(sizes * signs)),
        },
    }


def _learned(row: Mapping[str, Any], rng: np.random.Generator, *, rate: float = 1.0, end: int = 0) -> dict[str, Any]:
    """Train and test curves that part as the epochs go."""
    steps = np.arange(1, int(row["epochs"]) + 1)
    size = np.log10(row["n_params"]) / 5
    train = 0.3 / (1 + rate * size * steps) * np.exp(rng.normal(0, 0.03, len(steps)))
    test = train * 0.8 + 0.03 + 0.002 * steps
    return {
        "end": end,
        "step": steps,
        "train_loss": train,
        "train_accuracy": 1 - train * 0.3,
        "test_loss": test,
        "test_accuracy": 1 - test * 0.3,
        "running_loss": train * 1.6,
        "running_accuracy": 1 - train * 0.5,
    }


def _classified(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    curve = _learned(row, rng)
    return {"runs": _run(int(row["epochs"]), rng, **_final(curve)), "curves": curve}


def _randomly(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    curve = _learned(row, rng)
    curve["train_loss"] = 2.305 - 0.012 * curve["step"] + rng.normal(0, 0.004, len(curve["step"]))
    curve["test_loss"] = 2.302 + 0.04 * curve["step"] + rng.normal(0, 0.02, len(curve["step"]))
    return {"runs": _run(int(row["epochs"]), rng, **_final(curve)), "curves": curve}


def _travelled(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Straight ways from a random start to a random goal, ever slower."""
    epochs = np.arange(int(row["epochs"]) + 1)
    snapshots = []
    for layer, n in ((1, 784), (2, 200), (3, 200)):
        start, goal = rng.normal(0, 0.03, n), rng.normal(0, 0.12, n)
        for epoch in epochs:
            weights = start + (1 - np.exp(-epoch / 9)) * goal + rng.normal(0, 0.003, n)
            snapshots.append({"epoch": epoch, "layer": layer, "weights": weights.astype(np.float32)})
    return _classified(row, rng) | {"snapshots": snapshots}


def _joined(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    ends = [_learned(row, rng, rate=rate, end=end) for end, rate in ((1, 1.5), (2, 0.7))]
    alpha = np.linspace(row["alpha_from"], row["alpha_to"], int(row["n_alphas"]))
    away = np.maximum(0, np.maximum(-alpha, alpha - 1))
    train = 0.03 * np.exp(4 * away) * np.exp(rng.normal(0, 0.02, len(alpha)))
    accuracy = 0.1 + 0.89 * np.exp(-(away**2))
    path = {"alpha": alpha, "train_loss": train, "test_loss": train * 1.3}
    path |= {"train_accuracy": accuracy, "test_accuracy": accuracy - 0.01}
    curves = pd.concat([pd.DataFrame(end) for end in ends])
    return {"runs": _run(int(row["epochs"]), rng), "curves": curves, "paths": path}


def _probed(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Sharpness of a power of ε and of the batch size; only Keskar's box sees the rescaling."""
    norms = np.array([0.02, 8.0]) * row["batch_size"] ** np.array([0.2, -0.2]) * np.exp(rng.normal(0, 0.05, 2))
    boxes = [("keskar", 1.0, e) for e in row["epsilons"]] + [("adaptive", 1.0, e) for e in row["adaptive_epsilons"]]
    boxes += [("keskar", f, row["rescaled_epsilon"]) for f in row["rescale_factors"]]
    boxes += [("adaptive", f, row["rescaled_adaptive_epsilon"]) for f in row["rescale_factors"]]
    level = row["batch_size"] ** 0.3 * np.exp(rng.normal(0, 0.05))
    scale = {"keskar": 1e6, "adaptive": 1e4}
    rises = [scale[box] * level * e**1.5 * (f if box == "keskar" else 1) for box, f, e in boxes]
    sharpness = pd.DataFrame(boxes, columns=["box", "factor", "epsilon"])
    sharpness = sharpness.assign(subset_loss=0.1, largest_loss=0.1 + 0.011 * np.array(rises), sharpness=rises)
    sensitivity = {"jacobian_norm": [norms[0]], "logit_jacobian_norm": [norms[1]]}
    return _classified(row, rng) | {"sensitivity": sensitivity, "sharpness": sharpness}


def _ordered(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Downhill from the initialisation, and a hill between the ends, lower where they share epochs."""
    ends = [_learned(row, rng, end=end) for end in (1, 2)]
    alpha = np.linspace(0, 1, int(row["n_alphas"]))
    hill = (0.3 if row["shared_epochs"] == 0 else 0.02) * (4 * alpha * (1 - alpha)) ** 2
    losses = {"between": 0.02 + hill * np.exp(rng.normal(0, 0.1))}
    if row["from_initialisation"]:
        losses |= {f"init-{end}": 2.3 * np.exp(-4.5 * alpha * np.exp(rng.normal(0, 0.05))) for end in (1, 2)}
    lines = [
        {"line": line, "alpha": alpha, "train_loss": loss, "test_loss": loss + 0.02}
        | {"train_accuracy": 1 - 0.39 * loss, "test_accuracy": 0.99 - 0.38 * loss}
        for line, loss in losses.items()
    ]
    curves, lines = (pd.concat([pd.DataFrame(each) for each in parts]) for parts in (ends, lines))
    return {"runs": _run(int(row["epochs"]), rng), "curves": curves, "lines": lines}


def _fitted(row: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Train accuracy that reaches all labels later the more are corrupted; all but the last fraction in time."""
    fraction, limit = row["fraction"], int(row["epochs"])
    n_epochs = min(limit, int((20 + 60 * fraction) * np.exp(rng.normal(0, 0.05))))
    steps = np.arange(1, n_epochs + 1)
    curve = _learned(row | {"epochs": n_epochs}, rng)
    curve["train_accuracy"] = 1 - 0.9 * (0.05 + fraction) * (1 - steps / n_epochs)
    curve["test_accuracy"] = 0.95 - 0.85 * fraction * np.sqrt(steps / n_epochs) + rng.normal(0, 0.002, n_epochs)
    return {"runs": _run(n_epochs, rng, converged=n_epochs < limit, **_final(curve)), "curves": curve}


def _final(curve: Mapping[str, Any]) -> dict[str, float]:
    return {f"{s}_{m}": float(curve[f"{s}_{m}"][-1]) for s in ("train", "test") for m in ("loss", "accuracy")}


_RECORDED = {
    "simulate": _fit,
    "actual_task": _classified,
    "trajectory": _travelled,
    "gradient_norm": _fit,
    "minimal_ratio": _spectrum,
    "random_labels": _randomly,
    "parameters": _classified,
    "interpolation": _joined,
    "sensitivity": _probed,
    "critical_points": _stationary,
    "surface": lambda row, rng: _classified(row, rng) | synthetic_surface.tables(row, rng),
    "barriers": _ordered,
    "corruption": _fitted,
}
