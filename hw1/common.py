"""Values that several of the report's studies share."""

from typing import Any

from hw1.specs import Classifier, FunctionFit

FIRST_SEED = (0,)
"""Seeds where none are asked for."""

DEEP, MEDIUM, SHALLOW = (5, 10, 10, 10, 10, 10, 5), (10, 17, 15, 4), (182,)
"""Hidden widths of the three models that 1-1-1 compares: 571, 546 and (without output bias) 546 parameters."""


def function_fit(**values: Any) -> FunctionFit:  # noqa: ANN401 - checked when the spec is made
    """A function fit with what all of the study's have in common."""
    common: dict[str, Any] = {
        "output_bias": True,
        "negative_slope": 0.01,
        "learning_rate": 1e-3,
        "loss_below": None,
        "change_below": None,
        "gradient_norm_below": None,
    }
    return FunctionFit(**{**common, **values})


def classifier(**values: Any) -> Classifier:  # noqa: ANN401 - checked when the spec is made
    """A classifier on all of a data set, with what most have in common."""
    common: dict[str, Any] = {
        "n_train": 60_000,
        "n_test": 10_000,
        "hidden": (),
        "labels": "true",
        "momentum": 0.0,
        "weight_decay": 0.0,
        "snapshots": False,
    }
    return Classifier(**{**common, **values})
