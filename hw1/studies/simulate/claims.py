"""C1 and C2: whether the deeper of three networks fit two functions faster and better."""

from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1 import labels
from jobs import (
    TENTH,
    UNSEEN,
    Claim,
    Share,
    Statement,
    StudyResults,
    column,
    decades,
    first_below,
    known,
    middle,
    per_seed,
    sooner,
)

LEVEL = 0.01
"""Loss at which the time of learning is taken, a sixth of that of a constant. Chosen after a look at seeds 0 to 19."""
_EXPLORED = 20


def _f1(expected: pd.DataFrame) -> pd.Series:
    return expected["function"] == "sinc"


def _f2(expected: pd.DataFrame) -> pd.Series:
    return expected["function"].isin(["sign_sinc", "square_wave"])


def _by_depth(study: StudyResults, value: str) -> pd.DataFrame:
    runs = study.runs
    return per_seed(runs, runs["hidden"].map(labels.depth), value)


def _reached(study: StudyResults) -> pd.DataFrame:
    """Iterations to the level, by seed and depth: the cap is infinite, as NaN stands for a run that is not there."""
    at = first_below(study.table("curves"), "train_loss", LEVEL)
    runs = study.runs
    runs = runs.assign(at=runs["run_id"].map(at).fillna(np.inf))
    return per_seed(runs, runs["hidden"].map(labels.depth), "at")


def _lower(study: StudyResults, lower: str, higher: str) -> Float[np.ndarray, " seed"]:
    wide = _by_depth(study, "train_loss")
    return decades(column(wide, higher), column(wide, lower))


def faster(study: StudyResults, fast: str, slow: str) -> Float[np.ndarray, "seed 2"]:
    """Ratio of two models' iterations on f1 to the level; bounds, as runs are cut."""
    of = study.where(_f1)
    wide = of.once(_reached)
    both = [column(wide, model) for model in (slow, fast)]
    there = ~np.isnan(both[0]) & ~np.isnan(both[1])
    slowly, fastly = (np.where(np.isinf(each[there]), np.nan, np.maximum(each[there], 1)) for each in both)
    return sooner(slowly, fastly, cap=float(of.expected["max_iterations"].max()))


def f1_loss(study: StudyResults, model: str) -> Float[np.ndarray, " seed"]:
    """Ratio of the shallow model's final loss on f1 to the model's."""
    return _lower(study.where(_f1), model, "shallow")


def f2_loss(study: StudyResults, other: str) -> Float[np.ndarray, " seed"]:
    """Ratio of the other model's final loss on f2 to the deep one's."""
    return _lower(study.where(_f2), "deep", other)


def not_converged(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """1 for each seed with which the shallow model never met the stopping rule on f2."""
    return known(1 - column(_by_depth(study.where(_f2), "converged"), "shallow"))


def median_steps(study: StudyResults) -> dict[str, str]:
    """Median iterations to the level on f1 by depth, as text; more than there were, where most runs never got there."""
    of = study.where(_f1)
    wide, cap = of.once(_reached), float(of.expected["max_iterations"].max())
    found = {str(model): float(np.median(wide[model].dropna())) for model in wide}
    return {model: f"more than {cap:,.0f}" if np.isinf(n) else f"{n:,.0f}" for model, n in found.items()}


def _times(study: StudyResults, fast: str, slow: str) -> str:
    steps = median_steps(study)
    return f"{fast} reaches a loss of {LEVEL:g} after {steps[fast]} iterations, {slow} after {steps[slow]}"


def _losses(study: StudyResults, of: str, lower: str, higher: str) -> str:
    wide = _by_depth(study.where(_f1 if of == "f1" else _f2), "train_loss")
    return f"{of}: {lower} ends at a loss of {middle(column(wide, lower))}, {higher} at {middle(column(wide, higher))}"


def _fewer(words: str, fast: str, slow: str) -> Statement:
    return Statement(
        words=words,
        effect=partial(faster, fast=fast, slow=slow),
        unit=f"iterations, {slow} ÷ {fast}",
        scale="factor",
        matters=TENTH,
        because=UNSEEN,
        measure=f"median over seeds of the ratio of iterations until the loss is first at most {LEVEL:g}; of a run "
        "that was cut before, only that it takes more than the iterations that it had",
        finding=partial(_times, fast=fast, slow=slow),
        figure="f1-loss",
        of=_f1,
        explored=_EXPLORED,
    )


def _better(name: str, model: str) -> Statement:
    return Statement(
        words=f"f1: {name} ({model}) had a lower loss value than Model 3 (shallow)",
        effect=partial(f1_loss, model=model),
        unit=f"loss, shallow ÷ {model}",
        scale="factor",
        matters=TENTH,
        because=UNSEEN,
        measure="median over seeds of the ratio of final training losses",
        finding=partial(_losses, of="f1", lower=model, higher="shallow"),
        figure="f1-loss",
        of=_f1,
    )


def _lowest(name: str, other: str) -> Statement:
    return Statement(
        words=f"f2: Model 1 (deep) ends with a lower loss than {name} ({other})",
        effect=partial(f2_loss, other=other),
        unit=f"loss, {other} ÷ deep",
        scale="factor",
        matters=TENTH,
        because=UNSEEN,
        measure="median over seeds of the ratio of final training losses",
        finding=partial(_losses, of="f2", lower="deep", higher=other),
        figure="f2-loss",
        of=_f2,
    )


def _never(study: StudyResults) -> str:
    never = not_converged(study)
    return f"f2: shallow never meets the stopping rule with {int(never.sum())} of {len(never)} seeds"


C1 = Claim(
    name="C1",
    words="Models 1 and 2 reached convergence quickly, while Model 3 required the most epochs to converge. […] Models "
    "1 and 2 had lower loss values.",
    reading="f1: the deeper models get to a small loss in fewer iterations, and to a lower loss, than the shallow one. "
    "Most runs of all models are cut before they converge, so that the time to one level of loss is compared.",
    figures=("f1-loss", "f1-predictions"),
    statements=(
        _fewer("Model 1 (deep) is faster than Model 3 (shallow)", "deep", "shallow"),
        _fewer("Model 2 (medium) is faster than Model 3 (shallow)", "medium", "shallow"),
        _better("Model 1", "deep"),
        _better("Model 2", "medium"),
    ),
)

C2 = Claim(
    name="C2",
    words="Model 1 produced the lowest loss […], marginally exceeding Model 2. Conversely, Model 3 did not converge.",
    reading='f2: the deep model ends lowest, just ahead of the medium one; the shallow one does not converge. ("Just" '
    "is not tested; the effect says by how much.)",
    figures=("f2-loss", "f2-predictions"),
    statements=(
        _lowest("Model 2", "medium"),
        _lowest("Model 3", "shallow"),
        Statement(
            words="f2: Model 3 (shallow) did not converge",
            effect=not_converged,
            unit="share of seeds beyond one half",
            scale="points",
            matters=0.0,
            measure="share of seeds with which it never met the stopping rule, less one half",
            finding=_never,
            figure="f2-loss",
            of=_f2,
            weighed=Share(counts="seeds"),
        ),
    ),
)

C9 = Claim(
    name="C9",
    words="models with more dense layers learned faster",
    reading="f1: the deep model, of seven hidden layers, gets to a small loss before the medium one, of four.",
    figures=("f1-loss",),
    statements=(_fewer("seven hidden layers learn faster than four", "deep", "medium"),),
)

CLAIMS = (C1, C2, C9)
