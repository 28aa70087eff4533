"""Made-up rows of one study each whose answer is known, for tests of the claims."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from hw1.tables import TABLES
from hw1.tests.page import synthetic, synthetic_surface
from hw1.tests.page.conftest import Sweep

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


def batches(n_seeds: int, end: Callable[[float, int], Rows]) -> Sweep:
    """Ends of five batch sizes, from log10 of the size over 16 and the seed."""

    def record(run: pd.Series) -> Recorded:
        found = end(float(np.log10(run["batch_size"] / 16)), run["seed"])
        places = [("keskar", 1.0, 1e-3, "keskar"), ("keskar", 4.0, 1e-3, "keskar"), ("keskar", 16.0, 1e-3, "rescaled")]
        places += [("keskar", 1.0, 5e-4, "nowhere"), ("adaptive", 1.0, 1e-2, "adaptive")]
        sharpness = [
            {"box": box, "factor": factor, "epsilon": epsilon, "sharpness": found.get(name, 1.0)}
            for box, factor, epsilon, name in places
        ]
        return {
            "runs": {name: found[name] for name in ("test_loss", "test_accuracy")},
            "sensitivity": [{"jacobian_norm": found["norm"]}],
            "sharpness": sharpness,
        }

    return sweep("sensitivity", n_seeds, record)


def surfaces(shares: Callable[[int, int], tuple[float, ...]], loss: Callable[[int, str, float, float], float]) -> Sweep:
    """Paths of radius 10, from shares of a seed and a walk (0: the path), and losses of a seed, plane and place."""

    def record(run: pd.Series) -> Recorded:
        seed = run["seed"]
        rows = [
            {"walk": walk, "component": component, "share": share}
            for walk in range(int(run["n_walks"]) + 1)
            for component, share in enumerate(shares(seed, walk), start=1)
        ]
        grid = synthetic_surface.grids(lambda plane, x, y: loss(seed, plane, x, y), radius=10)
        path = {"epoch": [0, 1], "first": [-8.0, 0.0], "second": [6.0, 0.0]}
        return {"explained": pd.DataFrame(rows), "surfaces": grid, "surface_paths": path}

    return sweep("surface", 1, record)


def corrupted(n_seeds: int, final: Callable[[float, int], Rows]) -> Sweep:
    """Runs on labels corrupted in part, from the fraction and the seed."""
    return sweep("corruption", n_seeds, lambda run: {"runs": final(float(run["fraction"]), int(run["seed"]))})


def between(n_seeds: int, loss: Callable[[str, int, int, np.ndarray], np.ndarray]) -> Sweep:
    """Lines of pairs that differ in data order, from the line, the shared epochs, the seed and α; error is loss / 2."""
    alpha = np.linspace(0, 1, 17)

    def line(run: pd.Series, name: str) -> pd.DataFrame:
        values = loss(name, int(run["shared_epochs"]), int(run["seed"]), alpha)
        return pd.DataFrame({"line": name, "alpha": alpha, "train_loss": values, "train_accuracy": 1 - values / 2})

    def record(run: pd.Series) -> Recorded:
        names = ("between", "init-1", "init-2") if run["from_initialisation"] else ("between",)
        return {"lines": pd.concat([line(run, name) for name in names])}

    return sweep("barriers", n_seeds, record)
