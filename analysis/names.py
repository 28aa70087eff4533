"""How fields, values and runs are written in figures and tables."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hw1.specs import KINDS as SPEC_TYPES

_DEEP = 6
_SHOWN = 4
_SMALL, _LARGE = 1e-4, 1e7
_FIELDS = {
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


def fields(expected: pd.DataFrame) -> list[str]:
    """The spec fields that the study's kinds of run have, seed left out, in the specs' order."""
    kinds = expected["kind"].unique()
    return list(
        dict.fromkeys(f.name for kind in kinds for f in dataclasses.fields(SPEC_TYPES[kind]) if f.name != "seed")
    )


def varying(expected: pd.DataFrame) -> list[str]:
    """The spec fields, seed left out, that differ between the study's runs."""
    return [name for name in fields(expected) if len(set(expected[name].map(repr))) > 1]


def settings(expected: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The study's settings (all but the seed) in the manifest's order: a name, and the manifest rows."""
    differing = varying(expected)
    if not differing:
        return [("all runs", expected)] if len(expected) else []
    keys = expected[differing].map(repr).agg("|".join, axis=1)
    return [(setting(rows.iloc[0]), rows) for _, rows in expected.groupby(keys, sort=False)]


def setting(row: pd.Series) -> str:
    """What a reader calls the run's setting."""
    return _SETTINGS.get(row["kind"], model)(row)


def model(row: pd.Series) -> str:
    """The network's name: LeNet, CNN, or the widths of its hidden layers."""
    conv = {"lenet": "LeNet", "cnn": "CNN"}
    return conv.get(row["model"]) or f"{value(row['hidden'])} hidden units"


def depth(hidden: Sequence[int]) -> str:
    """The report's three networks by their depth."""
    return "shallow" if len(hidden) == 1 else "deep" if len(hidden) >= _DEEP else "medium"


def pair(row: pd.Series) -> str:
    """What tells the two ends of an interpolation apart."""
    return f"{differs(row)} {' and '.join(ends(row))}"


def differs(row: pd.Series) -> str:
    """The field in which the two ends of an interpolation differ."""
    return "batch size" if row["batch_size_1"] != row["batch_size_2"] else "learning rate"


def ends(row: pd.Series) -> tuple[str, str]:
    """That field's value at either end."""
    name = differs(row).replace(" ", "_")
    return value(row[f"{name}_1"]), value(row[f"{name}_2"])


def runs(expected: pd.DataFrame, chosen: pd.DataFrame) -> str:
    """Names of the chosen runs, the first few: as much of setting and seed as tells them apart; of all runs, none."""
    groups = settings(expected)
    if len(chosen) == len(expected):
        return ""
    texts = []
    for name, rows in groups:
        seeds = sorted(rows.loc[rows["run_id"].isin(chosen["run_id"]), "seed"])
        some = len(seeds) < len(rows)
        parts = [name] * (len(groups) > 1) + [f"seed{'s' * (len(seeds) > 1)} {few(map(value, seeds))}"] * some
        texts += [" ".join(parts)] * bool(seeds)
    return few(texts, between="; ")


def missing(expected: pd.DataFrame, chosen: pd.DataFrame) -> str:
    """How many of the expected runs are missing, and which; empty if none is."""
    if chosen.empty:
        return ""
    names = runs(expected, chosen)
    return f"missing: {len(chosen)} of {count(len(expected), 'run')}" + (f" ({names})" if names else "")


def few(texts: Iterable[str], between: str = ", ") -> str:
    """The first few of the texts, and how many more there are."""
    every = list(texts)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN + 1 else ""
    return between.join(every[:_SHOWN] if more else every) + more


def count(n: int, noun: str) -> str:
    """The number and its noun: 1 run, 2 runs."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def field(name: str) -> str:
    """A spec field as a reader would call it."""
    return _FIELDS.get(name, name.replace("_", " "))


def value(item: Any) -> str:  # noqa: ANN401 - a cell of the manifest: any type that a spec field has
    """A spec's value: 5-10-5 for widths, commas between other numbers, yes and no, numbers without a trailing .0."""
    if isinstance(item, tuple | list):
        if any(isinstance(part, float) for part in item):
            return ", ".join(map(value, item))
        return "-".join(map(str, item)) or "none"
    if isinstance(item, bool | np.bool_):
        return "yes" if item else "no"
    if isinstance(item, str):
        return item
    return "none" if pd.isna(item) else number(float(item))


def number(item: float, digits: int = 4) -> str:
    """A number in plain digits with thousands separators; powers of ten only where plain digits would be long."""
    if not math.isfinite(item):
        return str(item)
    if item == 0 or _SMALL <= abs(item) < _LARGE:
        if item == int(item):
            return f"{item:,.0f}"
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(item))))
        return f"{item:,.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{item:,.0f}"
    mantissa, exponent = f"{item:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


_SETTINGS: dict[str, Callable[[pd.Series], str]] = {
    "function_fit": lambda row: f"{'f1' if row['function'] == 'sinc' else 'f2'} {depth(row['hidden'])}",
    "interpolation": pair,
    "sensitivity": lambda row: f"batch size {value(row['batch_size'])}",
    "critical_point": lambda row: f"{'f1' if row['function'] == 'sinc' else 'f2'} and Newton steps",
    "barrier": lambda row: f"data order, {count(int(row['shared_epochs']), 'shared epoch')}",
    "corrupted": lambda row: f"{row['fraction']:.0%} of labels corrupted",
}
