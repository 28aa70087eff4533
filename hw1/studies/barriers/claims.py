"""E7 and E8: whether the way from the initialisation is downhill, and whether data order alone raises a barrier."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from hw1.matters import HUNDREDTH_OF_A_GUESS, OF_A_GUESS
from hw1.studies.barriers import heights
from jobs import Claim, Statement, StudyResults, column, known, middle, per_seed

_BARRIER = 0.02
"""Error on the line above that of the ends from which on Frankle et al. call a network unstable."""
_MEASURED = ("train_loss", "train_accuracy")


def parts_at_once(expected: pd.DataFrame) -> pd.Series:
    """Pairs whose ends share no epoch."""
    none: pd.Series = expected["shared_epochs"] == 0
    return none


def parts_later(expected: pd.DataFrame) -> pd.Series:
    """Pairs whose ends share the most epochs."""
    shared = expected["shared_epochs"]
    most: pd.Series = (shared > 0) & (shared == shared.max())
    return most


def _by_seed(
    study: StudyResults, of: Callable[[pd.DataFrame], pd.Series], height: Callable[[pd.DataFrame], float]
) -> pd.DataFrame:
    """A height of every line of the chosen pairs, by seed and line."""
    rows = study.where(of).measured("lines", _MEASURED)
    found = [
        {"seed": seed, "line": line, "height": height(points)}
        for (seed, line), points in rows.groupby(["seed", "line"])
    ]
    table = pd.DataFrame(found, columns=["seed", "line", "height"])
    return per_seed(table, table["line"], "height")


def _barrier(values: Callable[[pd.DataFrame], pd.Series]) -> Callable[[pd.DataFrame], float]:
    return lambda line: heights.of_line(line, values(line))


def downhill(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """Margin to the rise of the training loss that is allowed from the initialisation to either end."""
    found = _by_seed(
        study, parts_at_once, lambda line: heights.rise(line["alpha"].to_numpy(), line["train_loss"].to_numpy())
    )
    return known(HUNDREDTH_OF_A_GUESS - np.maximum(column(found, "init-1"), column(found, "init-2")))


def error_barrier(study: StudyResults, of: Callable[[pd.DataFrame], pd.Series]) -> Float[np.ndarray, " seed"]:
    """Height of the barrier in train error between the ends."""
    return known(column(_by_seed(study, of, _barrier(lambda line: heights.error(line, "train"))), "between"))


def loss_removed(study: StudyResults) -> Float[np.ndarray, " seed"]:
    """By how much the barrier in train loss is lower where the ends share epochs."""
    both = [_by_seed(study, of, _barrier(lambda line: line["train_loss"])) for of in (parts_at_once, parts_later)]
    wide = pd.concat([each.reindex(columns=["between"]) for each in both], axis=1, keys=["first", "later"])
    return known((wide[("first", "between")] - wide[("later", "between")]).to_numpy(float))


def _downhill(study: StudyResults) -> str:
    rise = middle(HUNDREDTH_OF_A_GUESS - downhill(study))
    return f"on the line from the initialisation the training loss rises by at most {rise}"


def _height(study: StudyResults, of: Callable[[pd.DataFrame], pd.Series], when: str) -> str:
    return f"other data order {when}: the barrier in train error is {middle(100 * error_barrier(study, of))} points"


def _removed(study: StudyResults) -> str:
    return f"sharing the first epochs lowers the barrier in train loss by {middle(loss_removed(study))}"


E7 = Claim(
    name="E7",
    words="On the straight line from the initialisation to the end the training loss falls all the way",
    reading="Goodfellow et al. 2015 met no significant obstacle on the lines they looked at; a rise of 1% of the "
    "loss of a uniform guess would count as one.",
    figures=("line-from-initialisation",),
    quoted=False,
    statements=(
        Statement(
            words="from the initialisation to the end the training loss does not rise",
            measure="1% of ln 10 (the loss of giving every class equal odds) less the median over seeds of the most "
            "that the loss at any 0 ≤ α ≤ 1 is above one at a smaller α, for end 1 or 2, whichever rises more",
            unit="train loss, to spare of the rise allowed",
            scale="number",
            matters=0.0,
            figure="line-from-initialisation",
            of=parts_at_once,
            effect=downhill,
            finding=_downhill,
        ),
    ),
)
E8 = Claim(
    name="E8",
    words="Ends that differ in data order only are separated by a barrier, unless they share the first epochs",
    reading="Frankle et al. 2020 found such barriers in larger networks on CIFAR-10 and ImageNet, gone once the first "
    "few percent of training are shared; in a small dense network on MNIST they found none. A barrier is an error more "
    "than 2 points above that of the ends, as theirs is.",
    figures=("barriers",),
    quoted=False,
    statements=(
        Statement(
            words="other data order from the initialisation on: between the ends there is a barrier",
            measure="median over seeds of the most that the train error at any 0 ≤ α ≤ 1 is above the straight line "
            "between the ends' errors, less 2 percentage points",
            unit="train error, above 2 points",
            scale="points",
            matters=0.0,
            figure="barriers",
            of=parts_at_once,
            effect=lambda study: error_barrier(study, parts_at_once) - _BARRIER,
            finding=partial(_height, of=parts_at_once, when="from the initialisation on"),
        ),
        Statement(
            words="other data order after shared epochs: between the ends there is none",
            measure="2 percentage points less the median over seeds of the most that the train error at any "
            "0 ≤ α ≤ 1 is above the straight line between the ends' errors",
            unit="train error, to spare of 2 points",
            scale="points",
            matters=0.0,
            figure="barriers",
            of=parts_later,
            effect=lambda study: _BARRIER - error_barrier(study, parts_later),
            finding=partial(_height, of=parts_later, when="after shared epochs"),
        ),
        Statement(
            words="sharing the first epochs lowers the barrier",
            measure="median over seeds of the barrier in train loss of ends that share no epoch less that of ends "
            "that share some",
            unit="barrier in train loss, none − some epochs shared",
            scale="number",
            matters=HUNDREDTH_OF_A_GUESS,
            because=OF_A_GUESS,
            figure="barriers",
            effect=loss_removed,
            finding=_removed,
        ),
    ),
)

CLAIMS = (E7, E8)
