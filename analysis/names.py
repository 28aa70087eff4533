"""Names of fields, values and runs in figures and tables."""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

_SHOWN = 4
_SMALL, _LARGE = 1e-4, 1e7
ALL = "all runs"
"""Name of the only setting, where no field varies."""
SETTING = "setting, in words"
"""Column of the expected runs that holds each one's setting as a reader would call it."""


def fields(expected: pd.DataFrame) -> list[str]:
    """The spec fields that the study's runs have, seed left out, in the specs' order."""
    if expected.empty:
        return []
    every = itertools.chain.from_iterable(expected["fields"].unique())
    return [name for name in dict.fromkeys(every) if name != "seed"]


def varying(expected: pd.DataFrame) -> list[str]:
    """The spec fields, seed left out, that differ between the study's runs."""
    return [name for name in fields(expected) if len(set(expected[name].map(repr))) > 1]


def named(expected: pd.DataFrame, setting: Callable[[pd.Series, Sequence[str]], str]) -> pd.DataFrame:
    """The expected runs with each one's setting in words, given a run and the fields that vary."""
    differing = varying(expected)
    if not differing:
        return expected.assign(**{SETTING: ALL})
    keys = _keys(expected, differing)
    words = {key: setting(rows.iloc[0], differing) for key, rows in expected.groupby(keys, sort=False)}
    return expected.assign(**{SETTING: keys.map(words)})


def settings(expected: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The study's settings (all but the seed) in the manifest's order: a name, and the manifest rows."""
    differing = varying(expected)
    if not differing:
        return [(ALL, expected)] if len(expected) else []
    groups = expected.groupby(_keys(expected, differing), sort=False)
    return [(str(rows[SETTING].iloc[0]), rows) for _, rows in groups]


def _keys(expected: pd.DataFrame, differing: list[str]) -> pd.Series:
    return expected[differing].map(repr).agg("|".join, axis=1)


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
    """A sentence with the number of expected runs that are missing, and which; empty if none is."""
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


def value(item: Any) -> str:  # noqa: ANN401 - a cell of the manifest: any type that a spec field has
    """A spec's value: 5-10-5 for widths, commas between other numbers, yes and no, numbers without a trailing .0.

    >>> value((5, 10, 5)), value({"heads": 4, "rates": [0.1, 0.5]}), value(True), value(1000.0)
    ('5-10-5', 'heads 4, rates 0.1, 0.5', 'yes', '1,000')
    """
    if isinstance(item, dict):
        return ", ".join(f"{name} {value(each)}" for name, each in item.items()) or "none"
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
