"""E1 and E2: whether larger batches end more sensitive to the input, and in sharper minima."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.matters import OF_A_POINT, POINT
from hw1.studies.sensitivity.boxes import EPSILON, around
from jobs import TENTH, UNSEEN, Claim, Statement, StudyResults, known, middle, per_seed, slopes

_HALF = 0.5


def _by_batch(study: StudyResults, rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """A positive value by seed and batch size, of the seeds with which every batch size was trained."""
    sizes = sorted(study.expected["batch_size"].unique())
    wide = per_seed(rows, rows["batch_size"], value).reindex(columns=sizes).astype(float)
    return wide.where(wide > 0).dropna()


def _jacobians(study: StudyResults, of: str = "jacobian_norm") -> pd.DataFrame:
    return _by_batch(study, study.table("sensitivity"), of)


def _sharpness(study: StudyResults, box: str, factor: float) -> pd.DataFrame:
    return _by_batch(study, around(study, box, factor=factor, epsilon=EPSILON[box]), "sharpness")


def _ends(study: StudyResults, of: Callable[[StudyResults], pd.DataFrame], name: str, factor: float = 1) -> str:
    """The median with the smallest and the largest batches, in a sentence."""
    wide = of(study)
    small, large = (f"{size:,.0f}" for size in (wide.columns[0], wide.columns[-1]))
    first, end = (middle(factor * wide.iloc[:, at].to_numpy(float)) for at in (0, -1))
    return f"{name} is {first} with batches of {small}, {end} with batches of {large}"


def _losses(study: StudyResults) -> pd.DataFrame:
    return _by_batch(study, study.runs, "test_loss")


def _errors(study: StudyResults) -> pd.DataFrame:
    return 1 - _by_batch(study, study.runs, "test_accuracy")


def _together(study: StudyResults) -> str:
    return f"Jacobian norm and test error have a rank correlation of {middle(together(study))} over the batch sizes"


def together(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Rank correlation of Jacobian norm and errors over each seed's batch sizes (Spearman 1904)."""
    norms, errors = _jacobians(study), -_by_batch(study, study.runs, "test_accuracy")
    seeds = norms.index.intersection(errors.index)
    ranked = [wide.loc[seeds].rank(axis=1) for wide in (norms, errors)]
    x, y = (ranks.sub(ranks.mean(axis=1), axis=0).to_numpy(float) for ranks in ranked)
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return known(np.divide((x * y).sum(axis=1), size, out=np.full(len(size), np.nan), where=size > 0))


def moved(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """log10 of how far the largest rescaling moves a function's sharpness over how far batch sizes are apart."""
    plain = _sharpness(study, "keskar", 1.0)
    factors = around(study, "keskar")["factor"]
    if factors.empty:
        return np.empty(0)
    rescaled = _sharpness(study, "keskar", float(factors.max()))
    seeds = plain.index.intersection(rescaled.index)
    before, after = (np.log10(wide.loc[seeds].to_numpy(float)) for wide in (plain, rescaled))
    return known(np.abs(after - before).mean(axis=1) - np.ptp(before, axis=1))


def _moved(study: StudyResults) -> str:
    factor = middle(10 ** moved(study))
    return f"rescaling moves sharpness by {factor} times as much as the whole range of batch sizes does"


E1 = Claim(
    name="E1",
    words="Larger batches end more sensitive to the input, and generalise worse.",
    reading="The Jacobian's norm, of the probabilities and of the class scores, grows with the batch size, the test "
    "loss grows and the test accuracy falls, and norm and errors go together (Novak et al. 2018). All batch sizes see "
    "the images equally often.",
    figures=("batch-size",),
    quoted=False,
    statements=(
        Statement(
            words="larger batches end with a larger norm of the probabilities' Jacobian",
            measure="median over seeds of the growth of the norm for every tenfold batch size: slope of its "
            "log10 over that of the batch size",
            unit="Jacobian norm, for every tenfold batch size",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="batch-size",
            effect=lambda study: slopes(_jacobians(study).map(math.log10)),
            finding=partial(_ends, of=_jacobians, name="the Jacobian's norm"),
        ),
        Statement(
            words="larger batches end with a larger norm of the class scores' Jacobian",
            measure="median over seeds of the growth of the norm for every tenfold batch size: slope of its log10 over "
            "that of the batch size",
            unit="Jacobian norm of the class scores, for every tenfold batch size",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="batch-size",
            effect=lambda study: slopes(_jacobians(study, "logit_jacobian_norm").map(math.log10)),
            finding=partial(
                _ends, of=partial(_jacobians, of="logit_jacobian_norm"), name="the norm of the class scores' Jacobian"
            ),
            explored=3,
        ),
        Statement(
            words="larger batches end with a higher test loss",
            measure="median over seeds of the growth of the final test loss for every tenfold batch size",
            unit="test loss, for every tenfold batch size",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="batch-size",
            effect=lambda study: slopes(_losses(study).map(math.log10)),
            finding=partial(_ends, of=_losses, name="the test loss"),
        ),
        Statement(
            words="larger batches end with a lower test accuracy",
            measure="median over seeds of the slope of the errors on the test images over log10 of the batch size",
            unit="test error, for every tenfold batch size",
            scale="points",
            matters=POINT,
            because=OF_A_POINT,
            figure="batch-size",
            effect=lambda study: slopes(_errors(study)),
            finding=partial(_ends, of=_errors, name="the test error in %", factor=100),
        ),
        Statement(
            words="a larger Jacobian norm goes with more errors on the test images",
            measure="median over seeds of Spearman's rank correlation over the batch sizes",
            unit="rank correlation",
            scale="number",
            matters=_HALF,
            because="half is the least that is going together",
            figure="batch-size",
            effect=together,
            finding=_together,
        ),
    ),
)


def _sharper(words: str, box: str) -> Statement:
    return Statement(
        words=words,
        measure=f"median over seeds of the growth of sharpness at ε = {EPSILON[box]:g} for every tenfold "
        "batch size: slope of its log10 over that of the batch size",
        unit="sharpness, for every tenfold batch size",
        scale="factor",
        matters=TENTH,
        because=UNSEEN,
        figure="sharpness",
        effect=lambda study: slopes(_sharpness(study, box, 1.0).map(math.log10)),
        finding=partial(_ends, of=partial(_sharpness, box=box, factor=1.0), name="sharpness in %"),
    )


E2 = Claim(
    name="E2",
    words="Larger batches end in sharper minima; but the same function is sharper still when its weights are rescaled.",
    reading="Sharpness in Keskar's box grows with the batch size (Keskar et al. 2017), so does sharpness that no "
    "rescaling changes (Kwon et al. 2021), and rescaling two layers of one function changes the former by more than "
    "the batch size does (Dinh et al. 2017).",
    figures=("sharpness", "rescaling"),
    quoted=False,
    statements=(
        _sharper("larger batches end in sharper minima, in the box |Δ| ≤ ε(|θ| + 1)", "keskar"),
        _sharper(
            "larger batches end in sharper minima, in the box |Δ| ≤ ε|θ| that scales with the weights", "adaptive"
        ),
        Statement(
            words="rescaling the weights of one function changes its sharpness by more than the batch size does",
            measure="median over seeds of the factor by which the largest rescaling changes sharpness at "
            f"ε = {EPSILON['keskar']:g} (geometric mean over the batch sizes) over that between the sharpest and the "
            "flattest batch size",
            unit="change by rescaling ÷ range over batch sizes",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="rescaling",
            effect=moved,
            finding=_moved,
        ),
    ),
)

CLAIMS = (E1, E2)
