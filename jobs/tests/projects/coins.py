"""Two claims on numbers that seeds draw: one is true, and of the other nothing is."""

import random
from typing import TYPE_CHECKING

from jobs import Claim, Run, Statement, grid, study

if TYPE_CHECKING:
    import numpy as np

    from jobs import StudyResults


def _effects(results: "StudyResults") -> "np.ndarray":
    values: np.ndarray = results.table(f"{results.name}.runs").sort_values("seed")["value"].to_numpy(float)
    return values


def _claim(name: str, *, matters: float) -> Claim:
    statement = Statement(words=f"{name} is above 0", effect=_effects, unit="value", matters=matters)
    return Claim(name=name, words=f"{name} is above 0", statements=(statement,), quoted=False)


@study(runs=grid(seed=range(2)), claims=[_claim("biased", matters=0.1)])
def biased(run: Run, *, seed: int) -> dict[str, float]:
    """Always above 1."""
    return {"value": 1 + random.Random(seed).random()}


@study(runs=grid(seed=range(2)), claims=[_claim("fair", matters=0.001)])
def fair(run: Run, *, seed: int) -> dict[str, float]:
    """Above and below 0 in turn."""
    return {"value": (1 if seed % 2 else -1) * (1 + random.Random(seed).random())}
