"""C3: whether LeNet does better than the larger network on images."""

import numpy as np
from jaxtyping import Float

from analysis.claims.seeds import TENTH, column, decades, known, last, per_seed
from analysis.claims.statement import Claim, Hypothesis
from analysis.frames import StudyResults
from hw1.matters import POINT


def train_loss(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """How many times LeNet's final training loss the CNN's is."""
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
    hypotheses=(
        Hypothesis(
            words="LeNet showed less training loss, measured after the last epoch",
            statistic="geometric mean over seeds of the ratio of losses on all training images, in evaluation mode",
            unit="train loss, CNN ÷ LeNet",
            scale="factor",
            matters=TENTH,
            figure="task-loss",
            sample=train_loss,
        ),
        Hypothesis(
            words="LeNet showed less training loss, as the last epoch went (the CNN with dropout)",
            statistic="geometric mean over seeds of the ratio of mean losses over the last epoch's batches",
            unit="running train loss, CNN ÷ LeNet",
            scale="factor",
            matters=TENTH,
            figure="task-loss",
            sample=running_loss,
        ),
        Hypothesis(
            words="LeNet outperformed the CNN: higher test accuracy",
            statistic="mean over seeds of the difference of test accuracies after the last epoch",
            unit="test accuracy, LeNet − CNN",
            scale="points",
            matters=POINT,
            figure="task-accuracy",
            sample=test_accuracy,
        ),
    ),
)

CLAIMS = (C3,)
