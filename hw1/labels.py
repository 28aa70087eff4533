"""Names of the report's settings and spec fields in its tables and figures."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from hw1.tables import TABLES
from jobs import Labels, names

_DEEP = 6
FIELDS: Mapping[str, str] = {
    "hidden": "hidden layers",
    "negative_slope": "slope of leaky ReLU below 0",
    "output_bias": "bias of the output",
    "max_iterations": "iterations at most",
    "loss_below": "stops at a loss below",
    "change_below": "stops once the loss changes by less than",
    "gradient_norm_below": "stops at a gradient norm below",
    "measures": "measured beside the loss",
    "frame": "images",
    "scaling": "pixels",
    "snapshots": "weights kept after every epoch",
    "labels": "training labels",
    "model": "network",
    "n_train": "training images",
    "n_test": "test images",
    "alpha_from": "α from",
    "alpha_to": "α to",
    "n_alphas": "number of α",
    "n_jacobian": "test images, Jacobian",
    "n_sharpness": "training images, sharpness",
    "epsilons": "ε, Keskar's box",
    "adaptive_epsilons": "ε, adaptive box",
    "rescale_factors": "factors of rescaling",
    "rescaled_epsilon": "ε, Keskar's box, rescaled",
    "rescaled_adaptive_epsilon": "ε, adaptive box, rescaled",
    "max_newton_steps": "Newton steps at most",
    "newton_gradient_norm_below": "gradient norm below, by Newton steps",
    "n_walks": "matched random walks",
    "n_grid": "grid points along a direction",
    "extent": "grid, end to border [radii of the path]",
    "n_surface_images": "training images on the grid",
    "fraction": "fraction of labels corrupted",
    "accuracy_at_least": "ends at train accuracy",
    "from_initialisation": "lines from the initialisation",
}


VALUES: Mapping[str, Mapping[str, str]] = {
    "function": {
        "sinc": "f1, sin(5πx) / (5πx)",
        "sign_sinc": "f2, sgn(sin(5πx) / (5πx))",
        "square_wave": "f2, sgn(sin(5πx))",
    },
    "measures": {"gradient_norm": "gradient norm", "spectrum": "the Hessian's eigenvalues"},
    "dataset": {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "kmnist": "KMNIST"},
    "frame": {"padded": "padded to 32 × 32", "resized": "resized to 32 × 32", "original": "28 × 28"},
    "scaling": {"normalised": "mean 0, deviation 1", "unit": "0 to 1"},
    "optimizer": {"sgd": "SGD", "adam": "Adam", "rmsprop": "RMSprop"},
    "model": {"lenet": "LeNet", "cnn": "CNN", "mlp": "dense"},
}


def model(row: pd.Series) -> str:
    """The network's name: LeNet, CNN, or the widths of its hidden layers."""
    conv = {"lenet": "LeNet", "cnn": "CNN"}
    return conv.get(row["model"]) or f"{names.value(row['hidden'])} hidden units"


def depth(hidden: Sequence[int]) -> str:
    """The report's three networks by their depth."""
    return "shallow" if len(hidden) == 1 else "deep" if len(hidden) >= _DEEP else "medium"


def pair(row: pd.Series) -> str:
    """The setting that the two ends of an interpolation differ in, and its two values."""
    return f"{differs(row)} {' and '.join(ends(row))}"


def differs(row: pd.Series) -> str:
    """The field in which the two ends of an interpolation differ."""
    return "batch size" if row["batch_size_1"] != row["batch_size_2"] else "learning rate"


def ends(row: pd.Series) -> tuple[str, str]:
    """That field's value at either end."""
    name = differs(row).replace(" ", "_")
    return names.value(row[f"{name}_1"]), names.value(row[f"{name}_2"])


def _function(row: pd.Series) -> str:
    return "f1" if row["function"] == "sinc" else "f2"


SETTINGS: Mapping[str, Callable[[pd.Series], str]] = {
    "function_fit": lambda row: f"{_function(row)} {depth(row['hidden'])}",
    "classifier": model,
    "surface": model,
    "interpolation": pair,
    "sensitivity": lambda row: f"batch size {names.value(row['batch_size'])}",
    "critical_point": lambda row: f"{_function(row)} and Newton steps",
    "barrier": lambda row: f"data order, {names.count(int(row['shared_epochs']), 'shared epoch')}",
    "corrupted": lambda row: f"{row['fraction']:.0%} of labels corrupted",
}
LABELS = Labels(fields=FIELDS, values=VALUES, settings=SETTINGS, tables=TABLES)
