"""A made-up project: a function of a learning rate and a width, five seeds, with a log and returned metrics."""

import itertools

import numpy as np
import pandas as pd

from analysis.page import Page, Section

N_STEPS = 30
PAGE = Page(title="Digits", lead="A small network:", sections=(Section(study="mlp", heading="Width", what="Why?"),))


def sweep(*, n_seeds: int = 5, smoke: bool = False) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """A manifest of every combination, and the tables of its runs."""
    rng = np.random.default_rng(1)
    runs, logs, manifest = [], [], []
    for k, (lr, width, seed) in enumerate(itertools.product((1e-3, 1e-2, 1e-1), (8, 32, 128), range(n_seeds))):
        run_id = f"{k:016x}"
        spec = {"lr": lr, "width": width, "seed": seed, "epochs": N_STEPS}
        head = {"run_id": run_id, "study": "mlp", "smoke": smoke, "kind": "mlp", "n_params": None}
        manifest.append({**head, "fields": tuple(spec), **spec})
        rmse = np.exp(-np.arange(N_STEPS) * lr**0.3 / 9) * width**-0.2 * rng.uniform(0.9, 1.1)
        logs.append(pd.DataFrame({"run_id": run_id, "step": np.arange(N_STEPS), "rmse": rmse}))
        runs.append({"run_id": run_id, "lr": lr, "width": width, "final_rmse": rmse[-1], "is_good": rmse[-1] < 0.1})
    core = pd.DataFrame({"run_id": [row["run_id"] for row in runs], "seconds": 1.0, "memory_gb": 0.1, "threads": 1})
    names = ("python", "torch", "numpy", "git_commit", "git_dirty", "host", "finished", "device")
    core = core.assign(**dict.fromkeys(names))
    return pd.DataFrame(manifest), {"runs": core, "mlp.runs": pd.DataFrame(runs), "mlp.log": pd.concat(logs)}
