"""Small specs and table comparisons that several tests use."""

import dataclasses
import io
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from hw1.specs import (
    Barrier,
    Classifier,
    Corrupted,
    CriticalPoint,
    Empty,
    FunctionFit,
    Interpolation,
    Sensitivity,
    Surface,
)
from hw1.train import train
from jobs import Spec
from jobs.state import State, Tables

CPU = torch.device("cpu")


def fit(**values: Any) -> FunctionFit:
    common: dict[str, Any] = {
        "seed": 0,
        "function": "sinc",
        "hidden": (4, 6, 3),
        "output_bias": True,
        "negative_slope": 0.01,
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "weight_decay": 1e-4,
        "max_iterations": 120,
        "loss_below": None,
        "change_below": None,
        "gradient_norm_below": None,
        "measures": "predictions",
    }
    return FunctionFit(**{**common, **values})


def critical_point(**values: Any) -> CriticalPoint:
    of_fit = fit(measures="spectrum", gradient_norm_below=0.05, weight_decay=1e-5)
    return CriticalPoint(**{**of_fit.fields(), "newton_gradient_norm_below": 1e-6, "max_newton_steps": 9, **values})


def classifier(**values: Any) -> Classifier:
    common: dict[str, Any] = {
        "seed": 0,
        "dataset": "mnist",
        "frame": "original",
        "scaling": "unit",
        "n_train": 256,
        "n_test": 128,
        "model": "mlp",
        "hidden": (10, 20),
        "epochs": 3,
        "labels": "true",
        "optimizer": "adam",
        "learning_rate": 4e-4,
        "momentum": 0.0,
        "weight_decay": 1e-4,
        "batch_size": 64,
        "snapshots": True,
    }
    return Classifier(**{**common, **values})


def convolutional(**values: Any) -> Classifier:
    common: dict[str, Any] = {
        "frame": "padded",
        "scaling": "normalised",
        "model": "lenet",
        "hidden": (),
        "optimizer": "sgd",
        "learning_rate": 0.01,
        "momentum": 0.5,
        "weight_decay": 0.0,
        "snapshots": False,
    }
    return classifier(**{**common, **values})


def interpolation(**values: Any) -> Interpolation:
    common: dict[str, Any] = {
        "seed": 0,
        "dataset": "mnist",
        "frame": "padded",
        "scaling": "unit",
        "n_train": 256,
        "n_test": 128,
        "model": "lenet",
        "hidden": (),
        "epochs": 2,
        "momentum": 0.9,
        "batch_size_1": 32,
        "batch_size_2": 64,
        "learning_rate_1": 1e-2,
        "learning_rate_2": 1e-2,
        "alpha_from": -2.0,
        "alpha_to": 2.0,
        "n_alphas": 5,
    }
    return Interpolation(**{**common, **values})


def sensitivity(**values: Any) -> Sensitivity:
    common: dict[str, Any] = {
        **convolutional(n_train=128, n_test=64, epochs=1).values(),
        "hidden": (),
        "n_jacobian": 32,
        "n_sharpness": 48,
        "epsilons": (1e-3, 5e-3),
        "adaptive_epsilons": (1e-2,),
        "ascent_steps": 3,
        "rescale_factors": (4.0,),
        "rescaled_epsilon": 5e-3,
        "rescaled_adaptive_epsilon": 1e-2,
    }
    return Sensitivity(**{**common, **values})


def surface(**values: Any) -> Surface:
    fields = classifier(snapshots=False)
    common: dict[str, Any] = {name: getattr(fields, name) for name in fields.values()}
    common |= {"n_walks": 2, "n_grid": 3, "extent": 1.25, "n_surface_images": 100}
    return Surface(**{**common, **values})


def barrier(**values: Any) -> Barrier:
    common: dict[str, Any] = {
        "seed": 0,
        "dataset": "mnist",
        "frame": "padded",
        "scaling": "unit",
        "n_train": 256,
        "n_test": 128,
        "model": "lenet",
        "hidden": (),
        "epochs": 3,
        "momentum": 0.9,
        "batch_size": 32,
        "learning_rate": 1e-2,
        "shared_epochs": 0,
        "from_initialisation": True,
        "n_alphas": 5,
    }
    return Barrier(**{**common, **values})


def corrupted(**values: Any) -> Corrupted:
    base = convolutional(optimizer="adam", learning_rate=1e-3, momentum=0.0, batch_size=16, n_train=96, n_test=64)
    common = {field.name: getattr(base, field.name) for field in dataclasses.fields(base)}
    return Corrupted(**{**common, "epochs": 40, "fraction": 0.5, "accuracy_at_least": 0.95, **values})


def empty(**values: Any) -> Empty:
    return Empty(**{"seed": 0, **values})


def trained(specs: Sequence[Spec], **options: Any) -> State:
    """The last state of a pack."""
    return list(train(specs, device=CPU, **options))[-1]


def trained_in_pieces(specs: Sequence[Spec], cuts: Sequence[int]) -> State:
    """The last state of a pack that was cut after so many states, saved, loaded in a new trainer, and so on."""
    state = None
    for cut in cuts:
        states = list(itertools.islice(train(specs, device=CPU, state=state), cut))
        if states and states[-1].tables is not None:
            return states[-1]
        state = saved_and_loaded(states[-1]) if states else state
    return list(train(specs, device=CPU, state=state))[-1]


def saved_and_loaded(state: State) -> State:
    """What a checkpoint keeps of a state."""
    stream = io.BytesIO()
    torch.save(dict(state.values), stream)
    stream.seek(0)
    values = torch.load(stream, weights_only=True)
    return State(step=state.step, n_steps=state.n_steps, unit=state.unit, fraction=state.fraction, values=values)


def by_run(tables: Tables | None) -> dict[str, dict[str, Any]]:
    """Every stored number of every run: `{run id: {table.column: array}}`."""
    assert tables is not None
    found: dict[str, dict[str, Any]] = {}
    for name, columns in tables.items():
        ids = np.array(columns["run_id"])
        for run_id in dict.fromkeys(columns["run_id"]):
            rows = np.flatnonzero(ids == run_id)
            for column, values in columns.items():
                chosen = [np.asarray(values[k] if values[k] is not None else np.nan) for k in rows]
                found.setdefault(run_id, {})[f"{name}.{column}"] = np.concatenate([c.reshape(-1) for c in chosen])
    return found


def differences(one: State, other: State) -> list[str]:
    """Names of the stored numbers of the runs of `one` that are not the same to the last bit in `other`."""
    mine, theirs = by_run(one.tables), by_run(other.tables)
    return [
        f"{run_id}: {column}"
        for run_id, columns in mine.items()
        for column, values in columns.items()
        if values.tobytes() != theirs[run_id][column].tobytes()
    ]
