"""Grids: every combination of a few values a parameter."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod
from typing import Any

from jobs.errors import ProjectError


class Grid:
    """Every combination of the axes' values, the last axis fastest."""

    def __init__(self, axes: Mapping[str, Iterable[Any]]) -> None:
        """Values by parameter."""
        self.axes: dict[str, tuple[Any, ...]] = {name: tuple(values) for name, values in axes.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The parameters of each run."""
        return (dict(zip(self.axes, values, strict=True)) for values in product(*self.axes.values()))

    def __len__(self) -> int:
        """Number of runs."""
        return prod(map(len, self.axes.values()))


def grid(**axes: object) -> Grid:
    """Every combination of these values; what is no list, range or array is one value.

    >>> list(grid(lr=[0.1, 0.01], epochs=5))
    [{'lr': 0.1, 'epochs': 5}, {'lr': 0.01, 'epochs': 5}]

    Raises:
        ProjectError: If an axis has no values.
    """
    result = Grid({name: _values(axis) for name, axis in axes.items()})
    empty = [f"`{name}`" for name, values in result.axes.items() if not values]
    if empty:
        raise ProjectError(f"grid: {', '.join(empty)} must have at least one value")
    return result


def _values(axis: Any) -> tuple[Any, ...]:  # noqa: ANN401 - an axis can be any object
    is_one = isinstance(axis, str | bytes | Mapping) or not isinstance(axis, Iterable) or getattr(axis, "ndim", 1) == 0
    return (axis,) if is_one else tuple(axis)
