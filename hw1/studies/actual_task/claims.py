"""C3: whether LeNet does better than the larger network on images."""

from functools import partial

import numpy as np
from jaxtyping import Float

from hw1.matters import OF_A_POINT, POINT
from jobs import TENTH, UNSEEN, Claim, Statement, StudyResults, column, decades, known, last, middle, per_seed


def _ends(study: StudyResults, value: str, name: str, *, percent: bool = False) -> str:
    """Both networks' median of a final value, in a sentence."""
    rows = last(study.table("curves"), value) if value == "running_loss" else study.runs
    wide = per_seed(rows, rows["model"], value)
    lenet, cnn = (column(wide, model) * (100 if percent else 1) for model in ("lenet", "cnn"))
    mark = "%" if percent else ""
    return f"LeNet ends at a {name} of {middle(lenet)}{mark}, the CNN at {middle(cnn)}{mark}"


def train_loss(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Ratio of the CNN's final training loss to LeNet's."""
    runs = study.runs
    wide = per_seed(runs, runs["model"], "train_loss")
    return decades(column(wide, "cnn"), column(wide, "lenet"))


def running_loss(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """The same of the mean loss over the last epoch's batches."""
    rows = last(study.table("curves"), "running_loss")
    wide = per_seed(rows, rows["model"], "running_loss")
    return decades(column(wide, "cnn"), column(wide, "lenet"))


def test_accuracy(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """By how much LeNet's final test accuracy is above the CNN's."""
    runs = study.runs
    wide = per_seed(runs, runs["model"], "test_accuracy")
    return known(column(wide, "lenet") - column(wide, "cnn"))


C3 = Claim(
    name="C3",
    words="CustomLeNet showed less training loss and outperformed CustomCNN.",
    reading="LeNet has the lower training loss and outperforms the CNN.",
    figures=("task-loss", "task-accuracy"),
    statements=(
        Statement(
            words="LeNet showed less training loss, measured after the last epoch",
            measure="median over seeds of the ratio of losses on all training images, in evaluation mode",
            unit="train loss, CNN ÷ LeNet",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="task-loss",
            effect=train_loss,
            finding=partial(_ends, value="train_loss", name="train loss"),
        ),
        Statement(
            words="LeNet showed less training loss, as the last epoch went (the CNN with dropout)",
            measure="median over seeds of the ratio of mean losses over the last epoch's batches",
            unit="running train loss, CNN ÷ LeNet",
            scale="factor",
            matters=TENTH,
            because=UNSEEN,
            figure="task-loss",
            effect=running_loss,
            finding=partial(_ends, value="running_loss", name="running train loss"),
        ),
        Statement(
            words="LeNet outperformed the CNN: higher test accuracy",
            measure="median over seeds of the difference of test accuracies after the last epoch",
            unit="test accuracy, LeNet − CNN",
            scale="points",
            matters=POINT,
            because=OF_A_POINT,
            figure="task-accuracy",
            effect=test_accuracy,
            finding=partial(_ends, value="test_accuracy", name="test accuracy", percent=True),
        ),
    ),
)

CLAIMS = (C3,)
