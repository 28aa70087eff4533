"""Made-up manifests of every study, for tests only."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from hw1.specs import Barrier, Classifier, Corrupted, CriticalPoint, FunctionFit, Interpolation, Sensitivity
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
