"""Made-up manifests and tables of every study, for tests only: shaped like the store's, their numbers mean nothing."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hw1.functions import evaluate, grid
from hw1.specs import Barrier, Classifier, Corrupted, CriticalPoint, FunctionFit, Interpolation, Sensitivity
from hw1.tables import TABLES
from hw1.tests.page import synthetic_surface
from jobs import Spec

DEEP, MEDIUM, SHALLOW = (5, 10, 10, 10, 10, 10, 5), (10, 17, 15, 4), (182,)
WIDTHS = (5, 25, 50, 60, 100, 150, 200, 250, 280, 350)
_SIZES = {DEEP: 571, MEDIUM: 546, SHALLOW: 546, (4, 9, 12, 10, 10, 10, 4): 572, (10, 20): 8280}
_FIT = FunctionFit(
    seed=0,
    function="sinc",
    hidden=DEEP,
    output_bias=True,
    negative_slope=0.01,
    optimizer="rmsprop",
    learning_rate=1e-3,
    weight_decay=1e-4,
    max_iterations=20_000,
    loss_below=1e-3,
    change_below=1e-5,
    gradient_norm_below=None,
    measures="predictions",
)
_NORM = _FIT.replace(
    optimizer="adam", max_iterations=1200, loss_below=None, change_below=None, measures="gradient_norm"
)
_RATIO = _NORM.replace(
    hidden=(4, 9, 12, 10, 10, 10, 4),
    weight_decay=1e-5,
    max_iterations=4000,
    gradient_norm_below=1e-3,
    measures="spectrum",
)
_TASK = Classifier(
    seed=0,
    dataset="mnist",
    frame="padded",
    scaling="normalised",
    n_train=60_000,
    n_test=10_000,
    model="lenet",
    hidden=(),
    epochs=10,
    labels="true",
    optimizer="sgd",
    learning_rate=0.01,
    momentum=0.5,
    weight_decay=0.0,
    batch_size=64,
    snapshots=False,
)
_PAIR = Interpolation(
    seed=0,
    dataset="mnist",
    frame="padded",
    scaling="unit",
    n_train=60_000,
    n_test=10_000,
    model="lenet",
    hidden=(),
    epochs=15,
    momentum=0.9,
    batch_size_1=100,
    batch_size_2=500,
    learning_rate_1=0.01,
    learning_rate_2=0.01,
    alpha_from=-2.0,
    alpha_to=2.0,
    n_alphas=50,
)
_CORRUPTED = Corrupted(
    **{field.name: getattr(_TASK, field.name) for field in dataclasses.fields(Classifier)}
    | {"optimizer": "adam", "learning_rate": 1e-3, "momentum": 0.0, "batch_size": 25, "n_train": 2000, "epochs": 150},
    fraction=0.0,
    accuracy_at_least=0.999,
)
FRACTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
_ORDERS = Barrier(
    seed=0,
    dataset="mnist",
    frame="padded",
    scaling="unit",
    n_train=60_000,
    n_test=10_000,
    model="lenet",
    hidden=(),
    epochs=15,
    momentum=0.9,
    batch_size=100,
    learning_rate=0.01,
    shared_epochs=0,
    from_initialisation=True,
    n_alphas=17,
)
_MLP = _TASK.replace(frame="original", scaling="unit", model="mlp", optimizer="adam", momentum=0.0, learning_rate=1e-4)

_PATH = _MLP.replace(hidden=(10, 20), learning_rate=4e-4, weight_decay=1e-4, batch_size=1000, snapshots=True, epochs=29)
_PROBED = Sensitivity(
    **{field.name: getattr(_TASK, field.name) for field in dataclasses.fields(Classifier)}
    | {"optimizer": "adam", "learning_rate": 1e-3, "momentum": 0.0, "epochs": 8},
    n_jacobian=2000,
    n_sharpness=1000,
    epsilons=(1e-4, 5e-4, 1e-3, 5e-3),
    adaptive_epsilons=(1e-3, 5e-3, 1e-2, 5e-2),
    ascent_steps=10,
    rescale_factors=(4.0, 16.0),
    rescaled_epsilon=1e-3,
    rescaled_adaptive_epsilon=1e-2,
)
BATCH_SIZES = (16, 64, 256, 1024, 4096)


def manifest(*, seeds: int | range = 1, smoke: bool = False, only: str = "") -> pd.DataFrame:
    """What `jobs` would expect of preset `extended`: one row per run of every study, or of one."""
    rows = [
        {"run_id": spec.run_id, "study": study, "section": section, "smoke": smoke, "kind": spec.kind}
        | {"n_params": _n_params(spec), "fields": tuple(spec.fields())}
        | {field.name: getattr(spec, field.name) for field in dataclasses.fields(spec)}
        for study, section, specs in (*_report(smoke=smoke), *_left_out(smoke=smoke))
        if only in {"", study}
        for seed in (range(seeds) if isinstance(seeds, int) else seeds)
        for spec in specs(seed)
    ]
    return pd.DataFrame(rows)


def tables(of: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What `collect` would hand over had every run of the manifest finished."""
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


def _report(*, smoke: bool) -> Iterable[tuple[str, str, Callable[[int], list[Any]]]]:
    few = {"max_iterations": 60} if smoke else {}
    short = {"epochs": 1, "n_train": 2000, "n_test": 1000} if smoke else {}
    shapes = [(DEEP, True), (MEDIUM, True), (SHALLOW, False)]
    functions = ("sinc", "sign_sinc")
    yield (
        "simulate",
        "1-1-1",
        lambda s: [
            _FIT.replace(seed=s, function=f, hidden=h, output_bias=b, **few) for f in functions for h, b in shapes
        ],
    )
    yield "actual_task", "1-1-2", lambda s: [_TASK.replace(seed=s, model=m, **short) for m in ("lenet", "cnn")]
    path = _PATH.replace(**short)
    yield "trajectory", "1-2-1", lambda s: [path.replace(seed=8 * s + k) for k in range(8)]
    yield "gradient_norm", "1-2-2", lambda s: [_NORM.replace(seed=s, **few)]
    n_ratio = 12 if smoke else 100
    yield "minimal_ratio", "1-2-3", lambda s: [_RATIO.replace(seed=n_ratio * s + k, **few) for k in range(n_ratio)]
    labels = _TASK.replace(labels="random", optimizer="adam", learning_rate=1e-4, momentum=0.0, batch_size=100)
    yield "random_labels", "1-3-1", lambda s: [labels.replace(seed=s, **({"epochs": 75} | short))]
    wide = _MLP.replace(batch_size=50)
    yield (
        "parameters",
        "1-3-2",
        lambda s: [wide.replace(seed=s, hidden=(n,), **({"epochs": 8} | short)) for n in WIDTHS],
    )
    rates = {"batch_size_2": 100, "learning_rate_2": 0.001}
    yield "interpolation", "1-3-3", lambda s: [_PAIR.replace(seed=s, **short, **more) for more in ({}, rates)]


def _left_out(*, smoke: bool) -> Iterable[tuple[str, str, Callable[[int], list[Any]]]]:
    short = {"epochs": 1, "n_train": 2000, "n_test": 1000} if smoke else {}
    n_points = 12 if smoke else 100
    point = CriticalPoint(**_RATIO.fields(), newton_gradient_norm_below=1e-6, max_newton_steps=1 if smoke else 60)
    around = synthetic_surface.like(_PATH.replace(epochs=2 if smoke else 29))
    yield "sensitivity", "1-3-3", lambda s: [_PROBED.replace(seed=s, batch_size=b, **short) for b in BATCH_SIZES]
    yield "critical_points", "1-2-3", lambda s: [point.replace(seed=n_points * s + k) for k in range(n_points)]
    yield "surface", "1-2-1", lambda s: [around.replace(seed=8 * s + k) for k in range(8)]
    later = {"shared_epochs": 1, "from_initialisation": False}
    yield "barriers", "1-3-3", lambda s: [_ORDERS.replace(seed=s, **short, **more) for more in ({}, later)]
    yield "corruption", "1-3-1", lambda s: [_CORRUPTED.replace(seed=s, fraction=f, **short) for f in FRACTIONS]


def _n_params(spec: Spec) -> int:
    if isinstance(spec, FunctionFit | Classifier) and spec.hidden in _SIZES:
        return _SIZES[spec.hidden]
    if isinstance(spec, Classifier) and spec.model == "mlp":
        return 795 * spec.hidden[0] + 10
    return 342_698 if getattr(spec, "model", "") == "cnn" else 61_706


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
