"""The main results on the report's page, each with its numbers and its figure."""

import numpy as np

from hw1.studies.critical_points.claims import without_a_sign
from hw1.studies.minimal_ratio.alive import is_alive
from hw1.studies.minimal_ratio.claims import ratio_and_loss
from hw1.studies.parameters.claims import risen
from hw1.studies.simulate.claims import LEVEL, f2_loss, median_steps
from jobs import CORRELATION, Finding, StudyResults, column, middle, per_seed


def _plot_of_two_kinds(study: StudyResults) -> tuple[str, str] | None:
    every, living = ratio_and_loss(study), ratio_and_loss(study, alive=True)
    ranks = [CORRELATION.interval(sample, 1 / 2).effect for sample in (every, living)]
    if not np.isfinite(ranks).all():
        return None
    n_dead = int((~is_alive(study.runs["train_loss"])).sum())
    return (
        "Networks that learned nothing make much of the plot of minimal ratio against loss.",
        (
            "The minimal ratio is the share of the Hessian's eigenvalues that are positive, where the gradient is "
            f"almost zero. {n_dead} of {len(study.runs)} networks give a constant, whatever their input: a low ratio "
            f"and a high loss. With them, ratio and loss have a rank correlation of {middle(np.array([-ranks[0]]))}; "
            f"among the others, {middle(np.array([-ranks[1]]))}."
        ),
    )


def _rounding(study: StudyResults) -> tuple[str, str] | None:
    share = without_a_sign(study)
    if not len(share):
        return None
    return (
        "Some of the positive eigenvalues are rounding.",
        f"Of all eigenvalues {middle(100 * share)}% count as positive though rounding alone can make them so.",
    )


def _depth(study: StudyResults) -> tuple[str, str] | None:
    steps, better = median_steps(study), f2_loss(study, "medium")
    if not {"deep", "medium", "shallow"} <= steps.keys() or not len(better):
        return None
    return (
        "One hidden layer is slowest; more of them than four make no clear difference.",
        (
            f"On the first function a loss of {LEVEL:g} takes {steps['deep']} iterations (deep), {steps['medium']} "
            f"(medium) and {steps['shallow']} (shallow), medians over all seeds; on the second one deep ends below "
            f"medium with {int((better > 0).sum())} of {len(better)} seeds."
        ),
    )


def _networks(study: StudyResults) -> tuple[str, str] | None:
    runs = study.runs
    wide = per_seed(runs, runs["model"], "test_accuracy")
    lenet, cnn = column(wide, "lenet"), column(wide, "cnn")
    if not np.isfinite(lenet).any() or not np.isfinite(cnn).any():
        return None
    n_better = int((lenet > cnn).sum())
    return (
        "LeNet does not beat the larger CNN." if n_better <= len(wide) / 2 else "LeNet beats the larger CNN.",
        (
            f"On the test images LeNet is right about {middle(100 * lenet)}% and the CNN about {middle(100 * cnn)}%; "
            f"LeNet is better with {n_better} of {len(wide)} seeds."
        ),
    )


def _size(study: StudyResults) -> tuple[str, str] | None:
    rise = risen(study)
    if not len(rise):
        return None
    n_lower = int((rise <= 0).sum())
    return (
        "No overfitting with size." if n_lower > len(rise) / 2 else "The test loss rises again with size.",
        f"The largest of ten networks has the lowest test loss of all with {n_lower} of {len(rise)} seeds.",
    )


FINDINGS = (
    Finding(
        study="minimal_ratio",
        figure="minimal-ratio",
        text=_plot_of_two_kinds,
        claim="C5",
        statement="among living networks, greater minimal ratios go with lower loss values",
    ),
    Finding(
        study="critical_points",
        figure="minimal-ratio-tolerance",
        text=_rounding,
        claim="E3",
        statement="part of what counts as > 0 has no known sign",
    ),
    Finding(
        study="simulate",
        figure="f1-loss",
        text=_depth,
        claim="C1",
        statement="Model 1 (deep) is faster than Model 3 (shallow)",
    ),
    Finding(
        study="actual_task",
        figure="task-accuracy",
        text=_networks,
        claim="C3",
        statement="LeNet outperformed the CNN: higher test accuracy",
    ),
    Finding(
        study="parameters",
        figure="parameters-loss",
        text=_size,
        claim="C7",
        statement="more parameters lead to overfitting: the test loss rises again",
    ),
)
