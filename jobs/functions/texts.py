"""Canonical texts of a function's runs, put together from the share that each parameter's value has."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
KIND = "kind"
"""The key that every text has: shares of names before it end with a comma, those of the others begin with one."""


def head(name: str) -> str:
    """Stands before the value of a parameter that a text does not leave out."""
    return f"{JSON.encode(name)}:"


def share(name: str, value: object, defaults: Mapping[str, Any]) -> str:
    """A parameter's share of a canonical text; empty at its default, which is left out.

    >>> share("lr", 0.5, {}), share("epochs", 5, {}), share("lr", 0.5, {"lr": 0.5})
    (',"lr":0.5', '"epochs":5,', '')
    """
    if name in defaults and value == defaults[name]:
        return ""
    text = f"{head(name)}{str(value) if type(value) is int else JSON.encode(value)}"
    return f"{text}," if name < KIND else f",{text}"


def fixed(kind: str, schema: int) -> dict[str, str]:
    """The shares that all runs of a study have, by key."""
    return {KIND: f'"{KIND}":"{kind}"', "schema": f',"schema":{schema}'}


def of_grid(
    axes: Mapping[str, Sequence[Any]], *, kind: str, schema: int, defaults: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], str]]:
    """Values and canonical text of every run of a grid, in its order, the last axis fastest.

    What the runs of an inner loop share is put together once.
    """
    names = [*axes]
    at = max((k for k, name in enumerate(names) if len(axes[name]) > 1), default=0)
    inner, outer = names[at], [name for name in names if name != names[at]]
    pieces = {name: [share(name, value, defaults) for value in axes[name]] for name in names}
    order = sorted([*names, *fixed(kind, schema)])
    cut = order.index(inner)
    combinations = zip(product(*(axes[n] for n in outer)), product(*(pieces[n] for n in outer)), strict=True)
    for values, texts in combinations:
        given, shares = (
            dict(zip(outer, values, strict=True)),
            fixed(kind, schema) | dict(zip(outer, texts, strict=True)),
        )
        before, after = _joined(shares, order[:cut]), _joined(shares, order[cut + 1 :])
        first, last = {name: given[name] for name in names[:at]}, {name: given[name] for name in names[at + 1 :]}
        for value, text in zip(axes[inner], pieces[inner], strict=True):
            yield {**first, inner: value, **last}, f"{{{before}{text}{after}}}"


def _joined(shares: Mapping[str, str], names: Iterable[str]) -> str:
    return "".join(shares[name] for name in names)
