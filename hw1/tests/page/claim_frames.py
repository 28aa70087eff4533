"""Made-up rows of one study each whose answer is known, for tests of the claims."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.judge import Judgement, judged
from analysis.claims.statement import Verdict
from hw1.tables import TABLES
from hw1.tests.page import synthetic, synthetic_surface
from hw1.tests.page.conftest import Sweep
from hw1.tests.page.shown import BY_NAME, studies

Rows = Mapping[str, Any]
Recorded = Mapping[str, Iterable[Rows] | Rows]
N = 10
"""Seeds of each sweep: the fewest that settle a median, if all agree."""
FIRST = 20
"""The first of them: nobody looked at these before the statements were written down."""
_FRESH = range(FIRST, FIRST + N)


def judgement(sweep: Sweep, name: str) -> Judgement:
    """A claim, judged as one of all the page's."""
    return judged(studies(*sweep), [BY_NAME[name]], len(BY_NAME))[0]


def verdicts(sweep: Sweep, name: str) -> list[Verdict]:
    """The verdicts on a claim's statements."""
    return [statement.verdict for statement in judgement(sweep, name).statements]


def effects(sweep: Sweep, name: str) -> list[float]:
    """Their effects."""
    return [statement.interval.effect for statement in judgement(sweep, name).statements]


def counts(sweep: Sweep, name: str) -> list[int]:
    """How many seeds or runs each has."""
    return [statement.interval.n for statement in judgement(sweep, name).statements]


def noise(*of: int) -> float:
    """Between −1 and 1, the same for the same numbers."""
    return float(np.random.default_rng(of).uniform(-1, 1))


def sweep(study: str, seeds: range, record: Callable[[pd.Series], Recorded]) -> Sweep:
    """A finished sweep of one study, with what `record` says of each run; rows in an order that means nothing."""
    manifest = synthetic.manifest(seeds=seeds, only=study)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
    runs = []
    for _, run in manifest.iterrows():
        recorded = dict(record(run))
        runs.append({"run_id": run["run_id"], **recorded.pop("runs", {})})  # type: ignore[dict-item]
        for name, rows in recorded.items():
            parts[name].append(pd.DataFrame(rows).assign(run_id=run["run_id"]))
    parts["runs"] = [pd.DataFrame(runs)]
    tables = {
        name: (pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"run_id": []}, dtype=str))
        .reindex(columns=[column.name for column in TABLES[name]])
        .sample(frac=1, random_state=1)
        for name, frames in parts.items()
    }
    return Sweep(manifest, tables)


def together(*sweeps: Sweep) -> Sweep:
    """Several studies in one sweep."""
    tables = {name: [each.tables[name] for each in sweeps if len(each.tables[name])] for name in TABLES}
    return Sweep(
        pd.concat([each.manifest for each in sweeps], ignore_index=True),
        {name: pd.concat(some) if some else sweeps[0].tables[name] for name, some in tables.items()},
    )


def fits(f1: Mapping[str, tuple[float, float]], f2: Mapping[str, tuple[float, bool]], n_seeds: int = N) -> Sweep:
    """Function fits: on f1 each model's final loss and when it gets to 0.01 (inf: never), on f2 loss and convergence.

    What a seed has in common is far larger than what sets models apart.
    """
    depth = {7: "deep", 4: "medium", 1: "shallow"}

    def record(run: pd.Series) -> Recorded:
        model, seed = depth[len(run["hidden"])], run["seed"]
        common = 10 ** (noise(seed) + 0.02 * noise(seed, len(model)))
        if run["function"] != "sinc":
            return {"runs": {"train_loss": f2[model][0] * common, "converged": f2[model][1]}}
        loss, at = f1[model]
        curve = {"end": 0, "step": [0, min(at + seed, 20_000)], "train_loss": [1.0, 1.0 if np.isinf(at) else 0.01]}
        return {"runs": {"train_loss": loss * common, "converged": False}, "curves": curve}

    return sweep("simulate", range(FIRST, FIRST + n_seeds), record)


def task(final: Callable[[str, int], Rows]) -> Sweep:
    """LeNet and the CNN, from a model and a seed; the running loss of the last of two epochs is 1 where not given."""

    def record(run: pd.Series) -> Recorded:
        values = {"running_loss": 1.0, **final(run["model"], run["seed"])}
        running = values.pop("running_loss")
        return {"runs": values, "curves": {"end": 0, "step": [1, 2], "running_loss": [9.0, running]}}

    return sweep("actual_task", _FRESH, record)


def descents(norm: Callable[[np.ndarray], np.ndarray], loss: Callable[[np.ndarray], np.ndarray]) -> Sweep:
    """Gradient norm, with noise, and loss over 200 iterations, from the way from 0 to 1."""
    way = np.arange(200) / 199

    def record(run: pd.Series) -> Recorded:
        blur = np.exp(0.1 * np.random.default_rng(run["seed"]).standard_normal(200))
        return {
            "curves": {"end": 0, "step": np.arange(200), "gradient_norm": norm(way) * blur, "train_loss": loss(way)}
        }

    return sweep("gradient_norm", _FRESH, record)


def minima(final: Callable[[int], Rows]) -> Sweep:
    """A hundred runs of one network, from their seeds."""
    return sweep("minimal_ratio", range(2, 3), lambda run: {"runs": final(run["seed"])})


def critical_points(points: Callable[[int], Rows]) -> Sweep:
    """A hundred runs and the two points of each, first Adam's, from their seeds."""
    return sweep(
        "critical_points",
        range(1, 2),
        lambda run: {
            "critical_points": {"phase": ["adam", "newton"], "gradient_norm": [9e-4, 1e-4]} | points(run["seed"])
        },
    )


def memorised(train: float, test: Callable[[np.ndarray], np.ndarray]) -> Sweep:
    """Losses over 75 epochs on random labels: the change of the train loss, and the test loss over the way, 0 to 1."""
    way = np.arange(75) / 74

    def record(run: pd.Series) -> Recorded:
        losses = {"train_loss": 2.3 + (train + 0.01 * noise(run["seed"])) * way, "test_loss": 2.3 + test(way)}
        return {"curves": {"end": 0, "step": np.arange(75) + 1, **losses}}

    return sweep("random_labels", _FRESH, record)


def sizes(final: Callable[[int, int], Rows]) -> Sweep:
    """Networks of ten widths, from the place among them and the seed."""
    return sweep(
        "parameters", _FRESH, lambda run: {"runs": final(synthetic.WIDTHS.index(run["hidden"][0]), run["seed"])}
    )


def lines(accuracy: Callable[[bool, int, np.ndarray], np.ndarray]) -> Sweep:
    """Paths, from whether the ends differ in batch size, the seed, and α; train and test accuracy are one."""
    alpha = np.linspace(-2, 2, 50)

    def record(run: pd.Series) -> Recorded:
        values = accuracy(run["batch_size_1"] != run["batch_size_2"], run["seed"], alpha)
        return {"paths": {"alpha": alpha, "train_accuracy": values, "test_accuracy": values}}

    return sweep("interpolation", _FRESH, record)


def batches(end: Callable[[float, int], Rows]) -> Sweep:
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
            "sensitivity": [{"jacobian_norm": found["norm"], "logit_jacobian_norm": found["logits"]}],
            "sharpness": sharpness,
        }

    return sweep("sensitivity", _FRESH, record)


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

    return sweep("surface", range(2), record)


def corrupted(final: Callable[[float, int], Rows]) -> Sweep:
    """Runs on labels corrupted in part, from the fraction and the seed."""
    return sweep("corruption", _FRESH, lambda run: {"runs": final(float(run["fraction"]), int(run["seed"]))})


def between(loss: Callable[[str, int, int, np.ndarray], np.ndarray]) -> Sweep:
    """Lines of pairs that differ in data order, from the line, the shared epochs, the seed and α; error is loss / 2."""
    alpha = np.linspace(0, 1, 17)

    def line(run: pd.Series, name: str) -> pd.DataFrame:
        values = loss(name, int(run["shared_epochs"]), int(run["seed"]), alpha)
        return pd.DataFrame({"line": name, "alpha": alpha, "train_loss": values, "train_accuracy": 1 - values / 2})

    def record(run: pd.Series) -> Recorded:
        names = ("between", "init-1", "init-2") if run["from_initialisation"] else ("between",)
        return {"lines": pd.concat([line(run, name) for name in names])}

    return sweep("barriers", _FRESH, record)
