"""C1 and C2: whether the deeper of three networks fit two functions faster and better."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from analysis.claims.seeds import TENTH, column, decades, known, per_seed
from analysis.claims.statement import Claim, Hypothesis
from analysis.frames import StudyResults
from hw1 import labels


def _f1(expected: pd.DataFrame) -> pd.Series:
    return expected["function"] == "sinc"


def _f2(expected: pd.DataFrame) -> pd.Series:
    return expected["function"].isin(["sign_sinc", "square_wave"])


def _by_depth(study: StudyResults, value: str) -> pd.DataFrame:
    runs = study.runs
    return per_seed(runs, runs["hidden"].map(labels.depth), value)


def _lower(study: StudyResults, value: str, lower: str, higher: str) -> Float[np.ndarray, " seed"]:
    wide = _by_depth(study, value)
    return decades(column(wide, higher), column(wide, lower))


def iterations(study: StudyResults, model: str) -> Float[np.ndarray, " seed"]:
    """How many times the model's iterations the shallow one takes on f1; without convergence, all that were allowed."""
    return _lower(study.where(_f1), "n_steps", model, "shallow")


def f1_loss(study: StudyResults, model: str) -> Float[np.ndarray, " seed"]:
    """How many times the model's final loss on f1 the shallow one's is."""
    return _lower(study.where(_f1), "train_loss", model, "shallow")


def f2_loss(study: StudyResults, other: str) -> Float[np.ndarray, " seed"]:
    """How many times the deep model's final loss on f2 the other one's is."""
    return _lower(study.where(_f2), "train_loss", "deep", other)


def not_converged(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """One half for each seed with which the shallow model does not converge on f2, less one half where it does."""
    wide = _by_depth(study.where(_f2), "converged")
    return known(1 / 2 - column(wide, "shallow"))


def _fewer(name: str, model: str) -> Hypothesis:
    return Hypothesis(
        words=f"{name} ({model}) converges in fewer iterations than Model 3 (shallow)",
        statistic="geometric mean over seeds of the ratio of iterations until the stopping rule; a run that never met "
        "it counts with the 20,000 that it had",
        unit=f"iterations, shallow ÷ {model}",
        scale="factor",
        matters=TENTH,
        figure="f1-loss",
        of=_f1,
        sample=lambda study: iterations(study, model),
    )


def _better(name: str, model: str) -> Hypothesis:
    return Hypothesis(
        words=f"{name} ({model}) had a lower loss value than Model 3 (shallow)",
        statistic="geometric mean over seeds of the ratio of final training losses",
        unit=f"loss, shallow ÷ {model}",
        scale="factor",
        matters=TENTH,
        figure="f1-loss",
        of=_f1,
        sample=lambda study: f1_loss(study, model),
    )


def _lowest(name: str, other: str) -> Hypothesis:
    return Hypothesis(
        words=f"Model 1 (deep) ends with a lower loss than {name} ({other})",
        statistic="geometric mean over seeds of the ratio of final training losses",
        unit=f"loss, {other} ÷ deep",
        scale="factor",
        matters=TENTH,
        figure="f2-loss",
        of=_f2,
        sample=lambda study: f2_loss(study, other),
    )


C1 = Claim(
    name="C1",
    words="Models 1 and 2 reached convergence quickly, while Model 3 required the most epochs to converge. […] Models "
    "1 and 2 had lower loss values.",
    reading="f1: the deeper models converge in fewer iterations and to a lower loss than the shallow one.",
    figures=("f1-loss", "f1-predictions"),
    hypotheses=(
        _fewer("Model 1", "deep"),
        _fewer("Model 2", "medium"),
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
    hypotheses=(
        _lowest("Model 2", "medium"),
        _lowest("Model 3", "shallow"),
        Hypothesis(
            words="Model 3 (shallow) did not converge",
            statistic="share of seeds with which it never met the stopping rule, less one half",
            unit="share of seeds beyond one half",
            scale="number",
            matters=1 / 4,
            figure="f2-loss",
            of=_f2,
            sample=not_converged,
        ),
    ),
)

CLAIMS = (C1, C2)
