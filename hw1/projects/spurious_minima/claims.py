"""Statements of the paper on its table: written down before the runs that judge them were looked at."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.projects.spurious_minima.published import CELLS, ENTRIES, N_RUNS
from jobs import Agreement, Claim, Counted, Median, Statement, StudyResults

WITHIN = 0.06
"""Shares that are as close agree: three of their standard errors where the share is a half."""
_TEN_DIGITS = 0.5e-10
_PER_NEURON = 0.01
_EXPLORED = 250
"""Seeds of every cell that were there when S2 and S3 changed from single seeds to blocks of them."""
_HALF = 0.5
_NEARLY_ALL, _MOST = 0.99, 0.8
_BLOCK = 50
_BLOCKS = Median(f"blocks of {_BLOCK} seeds")
"""A seed's ends are spurious or not, at 15 sizes: one by one, seeds have too few values for a median."""


def is_cell(runs: pd.DataFrame, *, n: int, k: int) -> pd.Series:
    """True for the runs of one cell."""
    mask: pd.Series = (runs["n"] == n) & (runs["k"] == k)
    return mask


def counted(study: StudyResults, mask: Callable[[pd.DataFrame], pd.Series], *, whole: bool = True) -> tuple[int, int]:
    """Runs that ended in a spurious minimum, and all runs; where `whole`, none as long as some are missing."""
    if whole and mask(study.missing).any():
        return 0, 0
    runs = study.runs[mask(study.runs)]
    return int(runs["is_spurious"].sum()), len(runs)


def beside_published(study: StudyResults, *, n: int, k: int) -> Float[np.ndarray, "..."]:
    """Our count of a cell and the published one."""
    n_met, n_runs = counted(study, partial(is_cell, n=n, k=k))
    return np.array([[n_met, n_runs, CELLS[n, k], N_RUNS]], float) if n_runs else np.empty(0)


def _beside(study: StudyResults, *, n: int, k: int) -> str:
    n_met, n_runs = counted(study, partial(is_cell, n=n, k=k))
    return f"n = {n}, k = {k}: {n_met} of {n_runs} ends are spurious, published: {CELLS[n, k]} of {N_RUNS}"


def by_block(study: StudyResults, more: int) -> pd.DataFrame:
    """Share of spurious ends by block of seeds and k, with so many neurons more than k; whole blocks only."""
    runs, expected = (rows[rows["n"] == rows["k"] + more] for rows in (study.runs, study.expected))
    wide = runs.pivot(index="seed", columns="k", values="is_spurious")  # noqa: PD010
    whole = wide.reindex(columns=sorted(set(expected["k"]))).dropna().astype(float)
    blocks = whole.groupby(whole.index // _BLOCK)
    return blocks.mean()[blocks.size() == _BLOCK]


def rise(study: StudyResults) -> Float[np.ndarray, " block"]:
    """Growth of the share by a neuron: the slope over k."""
    shares = by_block(study, 0)
    x = shares.columns.to_numpy(float) - np.mean(shares.columns)
    slopes: Float[np.ndarray, " block"] = shares.to_numpy() @ x / (x @ x) if len(x) > 1 else np.empty(0)
    return slopes


def _rise(study: StudyResults) -> str:
    shares = 100 * by_block(study, 0).mean()
    first, last = (f"{shares.iloc[at]:.1f}% at k = {shares.index[at]}" for at in (0, -1))
    return f"the share goes from {first} to {last}"


def both(study: StudyResults) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shares with n = k and with n = k + 1, of the sizes that have both."""
    same, more = by_block(study, 0), by_block(study, 1)
    sizes, blocks = same.columns.intersection(more.columns), same.index.intersection(more.index)
    return same.loc[blocks, sizes], more.loc[blocks, sizes]


def vanished(study: StudyResults) -> Float[np.ndarray, " block"]:
    """The share of spurious ends that a neuron more removes, over all sizes."""
    before, after = (shares.to_numpy().sum(1) for shares in both(study))
    less: Float[np.ndarray, " block"] = 1 - after[before > 0] / before[before > 0]
    return less


def _vanished(study: StudyResults) -> str:
    before, after = (100 * shares.to_numpy().mean() for shares in both(study))
    return f"over all sizes {before:.1f}% of the ends are spurious, with a neuron more {after:.1f}%"


def ends_at_rest(runs: pd.DataFrame, more: int) -> pd.DataFrame:
    """Runs whose gradient vanished; with neurons more than the teacher, those that ended in a spurious minimum."""
    rest = runs[(runs["end"] == "minimum") & (runs["n"] == runs["k"] + more)]
    return rest[rest["is_spurious"].astype(bool)] if more else rest


def curved_upwards(study: StudyResults, *, more: int) -> Float[np.ndarray, "..."]:
    """Ends at which every direction curves upwards, and all ends."""
    rest = ends_at_rest(study.runs, more)
    return np.array([[(rest["least_eigenvalue"] > 0).sum(), len(rest)]], float) if len(rest) else np.empty(0)


def _curved_upwards(study: StudyResults, *, more: int) -> str:
    rest = ends_at_rest(study.runs, more)["least_eigenvalue"]
    return (
        f"the least eigenvalue is above 0 at {(rest > 0).sum():,} of {len(rest):,} ends; the lowest is {rest.min():.2g}"
    )


def pattern(n: int = 7) -> Float[np.ndarray, "n n"]:
    """The published spurious minimum at n = k = 7, its odd neuron and odd input last."""
    odd, others_there, odd_elsewhere, own, elsewhere = ENTRIES
    made = np.full((n, n), elsewhere)
    np.fill_diagonal(made, own)
    made[:, -1], made[-1] = others_there, odd_elsewhere
    made[-1, -1] = odd
    return made


def distance(flat: Float[np.ndarray, " p"]) -> float:
    """Largest distance of an entry to the published one, over orders of neurons and of inputs."""
    wanted = pattern()
    found = np.asarray(flat).reshape(wanted.shape)
    # Each neuron's weights in order, and the neurons in order of their largest; the same of the inputs.
    apart = [np.abs(_in_order(one) - _in_order(other)).max() for one, other in ((found, wanted), (found.T, wanted.T))]
    return float(max(apart))


def _in_order(weights: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    each = np.sort(weights, axis=1)
    ordered: Float[np.ndarray, "n k"] = each[np.argsort(each[:, -1].round(6), kind="stable")]
    return ordered


def distances(study: StudyResults, column: str) -> Float[np.ndarray, " run"]:
    """Of every spurious end at n = k = 7."""
    return np.array([distance(row) for row in study.table("ends")[column]])


def as_published(study: StudyResults) -> Float[np.ndarray, "..."]:
    """Spurious ends at n = k = 7 that are the published one to ten digits, and all of them."""
    found = distances(study, "newton")
    return np.array([[(found <= _TEN_DIGITS).sum(), len(found)]], float) if len(found) else np.empty(0)


def _as_published(study: StudyResults) -> str:
    trained, newton = distances(study, "weights"), distances(study, "newton")
    return (
        f"{(newton <= _TEN_DIGITS).sum()} of {len(newton)} spurious ends have the published weights to ten digits "
        f"after one step of Newton's method; as trained, all are within {trained.max():.1g} of them"
    )


COUNTS = Claim(
    name="S1",
    words="Of 1,000 runs a cell, as many end in a spurious minimum as were published",
    reading="In each published cell our share and the published one are within 6 points, three standard errors of the "
    "difference of two shares of a half; by an exact test for both counts, each cell told for itself.",
    quoted=False,
    each=True,
    figures=("shares", "cells"),
    statements=tuple(
        Statement(
            words=f"n = {n}, k = {k}: the share is within 6 points of the published one",
            effect=partial(beside_published, n=n, k=k),
            finding=partial(_beside, n=n, k=k),
            of=partial(is_cell, n=n, k=k),
            unit="points to spare of 6",
            scale="points",
            matters=0.0,
            figure="cells",
            weighed=Agreement(WITHIN),
        )
        for n, k in CELLS
    ),
)
RISE = Claim(
    name="S2",
    words="the probability of hitting such local minima is quite high, and increasing with the network size",
    reading="With n = k the share of spurious ends grows with n.",
    figures=("shares",),
    statements=(
        Statement(
            words="the share of spurious minima rises with size",
            effect=rise,
            finding=_rise,
            unit="of all runs, per neuron",
            scale="points",
            matters=_PER_NEURON,
            because="a point a neuron is 14 points from 6 neurons to 20",
            measure="slope of the share over k in a block of 50 seeds, n = k",
            explored=_EXPLORED,
            figure="shares",
            weighed=_BLOCKS,
        ),
    ),
)
ONE_MORE = Claim(
    name="S3",
    words="mild over-parameterization appears to drastically reduce such local minima",
    reading="With one neuron more than the teacher, more than half of the spurious ends are gone.",
    figures=("shares",),
    statements=(
        Statement(
            words="one neuron more reduces the spurious minima drastically",
            effect=vanished,
            finding=_vanished,
            unit="of the spurious ends vanish",
            scale="points",
            matters=_HALF,
            because="drastically is more than half",
            measure="1 − spurious ends with n = k + 1 ÷ those with n = k, over all sizes, in a block of 50 seeds",
            explored=_EXPLORED,
            figure="shares",
            weighed=_BLOCKS,
        ),
    ),
)
MINIMA = Claim(
    name="S4",
    words="The ends are local minima, at n = k = 7 one spurious minimum only",
    reading="Where the gradient vanished, every direction curves upwards.",
    quoted=False,
    figures=("eigenvalues",),
    statements=(
        *(
            Statement(
                words=words,
                effect=partial(curved_upwards, more=more),
                finding=partial(_curved_upwards, more=more),
                unit="of all ends beyond 99 in 100",
                scale="points",
                matters=0.0,
                measure="the Hessian's least eigenvalue, in closed form, where a run's gradient vanished",
                figure="eigenvalues",
                weighed=Counted(_NEARLY_ALL),
            )
            for words, more in (
                ("with n = k, every end is a minimum: the Hessian is positive definite", 0),
                ("with n = k + 1, every spurious end is one", 1),
            )
        ),
        Statement(
            words="at n = k = 7 every spurious end is the published minimum to ten digits",
            effect=as_published,
            finding=_as_published,
            unit="of all spurious ends beyond 80 in 100",
            scale="points",
            matters=0.0,
            measure="largest distance of an entry, up to the order of neurons and of inputs",
            figure="eigenvalues",
            weighed=Counted(_MOST),
        ),
    ),
)
CLAIMS = (COUNTS, RISE, ONE_MORE, MINIMA)
