"""E3 and E4: what the minimal ratio counts, and whether small gradients are near critical points."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.studies.critical_points import spectra
from hw1.studies.critical_points.spectra import FLAT_ABOVE, FLAT_BELOW
from hw1.studies.minimal_ratio.alive import is_alive
from jobs import CORRELATION, SHARE, Claim, Statement, StudyResults, middle, names

EARLY = 0.01
"""Share of a Newton step within which a kink spoils it: long before the point that the step aims at."""
_EXPLORED = 100
_KINDS = (("over all networks", False), ("among living networks", True))
_TWENTIETH = 0.05
_TENTH = 0.1


def _rows(study: StudyResults, phase: str) -> pd.DataFrame:
    rows = study.measured("critical_points", ("loss", "gradient_norm", "hessian_gradient_ratio"))
    return rows[rows["phase"] == phase].sort_values("seed")


def after_adam(study: StudyResults) -> pd.DataFrame:
    """Runs in which Adam's gradient norm fell below its threshold, one row each."""
    rows = _rows(study, "adam")
    return rows[rows["converged"].isin([True])]


def stalled(study: StudyResults) -> pd.DataFrame:
    """Runs in which Newton steps ended above their threshold, one row each."""
    rows = _rows(study, "newton")
    return rows[~rows["converged"].isin([True])]


def without_a_sign(study: StudyResults) -> Float[np.ndarray, " run"]:
    """Per run, the share of eigenvalues that count as positive and are within rounding of 0."""
    rows = after_adam(study)
    if rows.empty:
        return np.empty(0)
    return np.asarray(spectra.positive(rows, 0.0) - spectra.positive(rows, spectra.ROUNDING))


def positive_and_loss(study: StudyResults, *, alive: bool = False) -> Float[np.ndarray, "run 2"]:
    """Minimal ratio beyond the tolerance, and negative loss."""
    rows = _of_kind(study, alive=alive)
    return np.column_stack([_share(spectra.positive, rows), -rows["loss"].to_numpy(float)])


def negative_and_loss(study: StudyResults, *, alive: bool = False) -> Float[np.ndarray, "run 2"]:
    """Fraction of negative eigenvalues beyond the tolerance, and loss."""
    rows = _of_kind(study, alive=alive)
    return np.column_stack([_share(spectra.negative, rows), rows["loss"].to_numpy(float)])


def _of_kind(study: StudyResults, *, alive: bool) -> pd.DataFrame:
    rows = after_adam(study)
    return rows[is_alive(rows["loss"])] if alive else rows


def _counted(study: StudyResults) -> str:
    share = middle(100 * without_a_sign(study))
    return f"{share}% of all eigenvalues count as > 0 and are within rounding of 0"


def _correlated(study: StudyResults, of: Callable[..., np.ndarray], name: str, sign: int) -> str:
    """Rank correlation of a fraction with the loss, over all networks and over living ones."""
    each = [CORRELATION.interval(of(study, alive=alive), 1 / 2).effect for alive in (False, True)]
    every, living = (middle(np.array([sign * r])) for r in each)
    return f"{name} and loss have a rank correlation of {every} over all networks, {living} over living ones"


def _shares(study: StudyResults, sample: Callable[[StudyResults], np.ndarray], told: str) -> str:
    met = sample(study)
    return f"{int(np.count_nonzero(met))} of {len(met)} {told}"


def _share(of: Callable[[pd.DataFrame, float], np.ndarray], rows: pd.DataFrame) -> np.ndarray:
    return of(rows, spectra.TOLERANCE) if len(rows) else np.empty(0)


def possibly_flat(rows: pd.DataFrame) -> Float[np.ndarray, " run"]:
    """1 for each run whose ‖Hg‖/(‖H‖‖g‖) leaves gradient-flatness possible."""
    return (rows["hessian_gradient_ratio"].to_numpy(float) < FLAT_BELOW).astype(float)


def flat(rows: pd.DataFrame) -> Float[np.ndarray, " run"]:
    """1 for each run that is gradient-flat."""
    return (rows["newton_residual"].to_numpy(float) > FLAT_ABOVE).astype(float)


def soon_at_a_kink(rows: pd.DataFrame) -> Float[np.ndarray, " run"]:
    """1 for each run whose Newton step meets a kink early."""
    return (rows["smooth_fraction"].to_numpy(float) <= EARLY).astype(float)


def _most(words: str, measure: str, told: str, effect: Callable[[StudyResults], np.ndarray]) -> Statement:
    return Statement(
        words=words,
        measure=f"{measure}; less one half",
        unit="of the runs, beyond half",
        scale="points",
        matters=_TENTH,
        because="six of ten are the least that are most",
        figure="gradient-flatness",
        effect=effect,
        finding=partial(_shares, sample=effect, told=told),
        weighed=SHARE,
    )


def _correlation(  # noqa: PLR0913, PLR0917 - the words of a statement
    words: str, measure: str, figure: str, effect: Callable[..., np.ndarray], told: str, sign: int, *, alive: bool
) -> Statement:
    kind = " and whose loss is below half of f1's variance" if alive else ""
    return Statement(
        words=words,
        measure=f"Spearman's rank correlation of {measure} over the runs whose gradient norm fell below Adam's "
        f"threshold{kind} (each run has a seed of its own)",
        unit="rank correlation, living networks" if alive else "rank correlation",
        matters=0.3,
        because="a smaller correlation cannot be seen in the plot",
        figure=figure,
        effect=partial(effect, alive=alive),
        finding=partial(_correlated, of=effect, name=told, sign=sign),
        weighed=CORRELATION,
        explored=_EXPLORED if alive else 0,
    )


_ZERO = f"{names.number(spectra.TOLERANCE)} of the largest absolute eigenvalue"

E3 = Claim(
    name="E3",
    words="What “> 0” counts is partly rounding noise, and the minimal ratio still goes with the loss without it",
    reading="Many eigenvalues are 0 but for rounding, and half of those count as positive; C5 is asked again with only "
    f"those above {_ZERO} counted, over all networks and among those that are not dead.",
    figures=("minimal-ratio-tolerance", "minimal-ratio-both"),
    quoted=False,
    statements=(
        Statement(
            words="part of what counts as > 0 has no known sign",
            measure="share of all eigenvalues that are above 0, but by no more than "
            f"{names.number(spectra.ROUNDING)} of the largest absolute one, which rounding alone can be; median over "
            "the runs whose gradient norm fell below Adam's threshold",
            unit="of all eigenvalues",
            scale="points",
            matters=_TWENTIETH,
            because="a twentieth of the eigenvalues moves the minimal ratio as far as its own quartiles are apart",
            figure="minimal-ratio-tolerance",
            effect=without_a_sign,
            finding=_counted,
        ),
        *(
            _correlation(
                f"{over}, a higher minimal ratio goes with a lower loss, rounding noise left out",
                f"negative loss and the fraction of eigenvalues above {_ZERO}",
                "minimal-ratio-both",
                positive_and_loss,
                "beyond rounding, the minimal ratio",
                -1,
                alive=alive,
            )
            for over, alive in _KINDS
        ),
    ),
)

E4 = Claim(
    name="E4",
    words="More negative curvature goes with a higher loss (Dauphin et al. 2014), and a small gradient is often not a "
    "critical point nearby, but a flat gradient (Frye et al. 2021)",
    reading="At points with a small gradient, the fraction of negative eigenvalues grows with the loss, also among "
    "networks that are not dead. Most of these points, and of those where Newton steps get no further, are "
    "gradient-flat: g lies in the Hessian's kernel, for which a small ‖Hg‖ is needed but not enough. Our network has "
    "kinks, which may stop Newton steps instead.",
    figures=("gradient-flatness", "negative-eigenvalues"),
    quoted=False,
    statements=(
        *(
            _correlation(
                f"{over}, a larger fraction of negative eigenvalues goes with a higher loss",
                f"loss and the fraction of eigenvalues below minus {_ZERO}",
                "negative-eigenvalues",
                negative_and_loss,
                "the fraction of negative eigenvalues",
                1,
                alive=alive,
            )
            for over, alive in _KINDS
        ),
        _most(
            "at most of Adam's points the loss is not too curved along the gradient for gradient-flatness",
            f"share of runs with ‖Hg‖/(‖H‖‖g‖) < {names.number(FLAT_BELOW, 2)} where Adam's gradient norm fell below "
            f"its threshold; at or above it, less than {FLAT_ABOVE} of the gradient's norm lies in the Hessian's "
            "kernel",
            "of Adam's points may be gradient-flat",
            lambda study: possibly_flat(after_adam(study)),
        ),
        _most(
            "most points where Newton steps end above their threshold are gradient-flat",
            f"share of those runs of whose gradient's norm more than {FLAT_ABOVE} lies in the Hessian's kernel, "
            "eigenvalues of at most 1e-9 of the largest counted as 0",
            "points where Newton steps end above their threshold are gradient-flat",
            lambda study: flat(stalled(study)),
        ),
        _most(
            "where Newton steps end above their threshold, most meet a kink of the loss early",
            "share of the runs ended above the threshold in which some unit crosses its kink within the first "
            f"{names.number(100 * EARLY)}% of the next full Newton step",
            "points where Newton steps end above their threshold have a kink just ahead",
            lambda study: soon_at_a_kink(stalled(study)),
        ),
    ),
)

CLAIMS = (E3, E4)
