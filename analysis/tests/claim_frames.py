"""Made-up rows of one study each whose answer is known, for tests of the claims."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.tests import synthetic
from analysis.tests.conftest import Sweep
from results.schema import TABLES

Rows = Mapping[str, Any]
Recorded = Mapping[str, Iterable[Rows] | Rows]


def sweep(study: str, n_seeds: int, record: Callable[[pd.Series], Recorded]) -> Sweep:
    """A finished sweep of one study, with what `record` says of each run; rows in an order that means nothing."""
    manifest = synthetic.manifest(seeds=n_seeds)
    manifest = manifest[manifest["study"] == study].reset_index(drop=True)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    for _, run in manifest.iterrows():
        recorded = record(run)
        for name, rows in ({"runs": {}} | dict(recorded)).items():
            frame = pd.DataFrame([rows]) if name == "runs" else pd.DataFrame(rows)
            parts[name].append(frame.assign(run_id=run["run_id"]))
    tables = {
        name: (pd.concat(frames, ignore_index=True) if frames else pd.DataFrame())
        .reindex(columns=[column.name for column in TABLES[name]])
        .sample(frac=1, random_state=1)
        for name, frames in parts.items()
    }
    return Sweep(manifest, tables)


def fits(n_seeds: int, final: Callable[[int, str, int], Rows]) -> Sweep:
    """Function fits, from what is final for a function (1 or 2), a model's depth and a seed."""
    depth = {7: "deep", 4: "medium", 1: "shallow"}
    return sweep(
        "simulate",
        n_seeds,
        lambda run: {"runs": final(1 if run["function"] == "sinc" else 2, depth[len(run["hidden"])], run["seed"])},
    )


def task(n_seeds: int, final: Callable[[str, int], Rows]) -> Sweep:
    """LeNet and the CNN, from a model and a seed; the running loss of the last of two epochs is 1 where not given."""

    def record(run: pd.Series) -> Recorded:
        values = {"running_loss": 1.0, **final(run["model"], run["seed"])}
        running = values.pop("running_loss")
        return {"runs": values, "curves": {"end": 0, "step": [1, 2], "running_loss": [9.0, running]}}

    return sweep("actual_task", n_seeds, record)


def descents(n_seeds: int, curve: Callable[[int, np.ndarray], Rows]) -> Sweep:
    """Gradient norm and loss over 200 iterations, from a seed and the way from 0 to 1."""
    steps = np.arange(200)
    return sweep(
        "gradient_norm",
        n_seeds,
        lambda run: {"curves": {"end": 0, "step": steps, **curve(run["seed"], steps / 199)}},
    )


def minima(final: Callable[[int], Rows]) -> Sweep:
    """A hundred runs of one network, from their seeds."""
    return sweep("minimal_ratio", 1, lambda run: {"runs": final(run["seed"])})


def critical_points(points: Callable[[int], Rows]) -> Sweep:
    """A hundred runs and the two points of each, first Adam's, from their seeds."""
    return sweep(
        "critical_points",
        1,
        lambda run: {
            "critical_points": {"phase": ["adam", "newton"], "gradient_norm": [9e-4, 1e-4]} | points(run["seed"])
        },
    )


def memorised(n_seeds: int, curve: Callable[[int, np.ndarray], Rows]) -> Sweep:
    """Losses over 75 epochs on random labels, from a seed and the way from 0 to 1."""
    epochs = np.arange(75)
    return sweep(
        "random_labels",
        n_seeds,
        lambda run: {"curves": {"end": 0, "step": epochs + 1, **curve(run["seed"], epochs / 74)}},
    )


def sizes(n_seeds: int, final: Callable[[int, int], Rows]) -> Sweep:
    """Networks of ten widths, from the place among them and the seed."""
    return sweep(
        "parameters", n_seeds, lambda run: {"runs": final(synthetic.WIDTHS.index(run["hidden"][0]), run["seed"])}
    )


def lines(n_seeds: int, accuracy: Callable[[bool, int, np.ndarray], np.ndarray]) -> Sweep:
    """Paths, from whether the ends differ in batch size, the seed, and α; train and test accuracy are one."""
    alpha = np.linspace(-2, 2, 50)

    def record(run: pd.Series) -> Recorded:
        values = accuracy(run["batch_size_1"] != run["batch_size_2"], run["seed"], alpha)
        return {"paths": {"alpha": alpha, "train_accuracy": values, "test_accuracy": values}}

    return sweep("interpolation", n_seeds, record)
