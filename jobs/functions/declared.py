"""Declarations: what a study's author says of it, checked once, and the parameters of its runs."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.errors import ProjectError, located
from jobs.functions.grids import Grid
from jobs.functions.parameters import Parameters
from jobs.functions.values import fits

if TYPE_CHECKING:
    from jobs.study import Study
    from results.schema import Column

Rows = Iterable[Mapping[str, Any]]
Values = dict[str, Any]
MOST_GB = 1_000_000
NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True, eq=False)
class Declared:
    """A function or command, its parameters, and its runs."""

    name: str
    call: Callable[..., Any]
    """Takes the run and its parameters."""
    parameters: Parameters
    runs: Rows | Callable[[], Rows]
    smoke: Mapping[str, Any]
    minutes: float | None
    memory_gb: float | None
    columns: "tuple[Column, ...]"
    here: Path
    """The folder of the study's file."""
    after: "tuple[Study, ...]" = ()
    """Studies of functions whose results its runs load."""

    def check(self) -> None:
        """Refuse a declaration that makes no sense; runs that a callable makes are checked when it is called.

        Raises:
            ProjectError: In one line.
        """
        if not NAME.fullmatch(self.name):
            raise self.wrong("its name must be lower-case letters, digits and _: give `name=…`")
        for name, most in (("minutes", inf), ("memory_gb", MOST_GB)):
            amount = getattr(self, name)
            if amount is not None and not (isinstance(amount, Real) and 0 < float(amount) <= most):
                raise self.wrong(f"`{name}` must be above 0{f' and at most {most:,}' * (most < inf)}, got {amount!r}")
        if not isinstance(self.smoke, Mapping):
            raise self.wrong(f"`smoke` must be a dict of parameters, got {self.smoke!r}")
        if not self.is_lazy:
            self._rows  # noqa: B018 - raises what is wrong with them
        self.short  # noqa: B018

    @property
    def is_lazy(self) -> bool:
        """True if a callable makes the runs."""
        return callable(self.runs)

    @cached_property
    def short(self) -> Values:
        """Values of a smoke run instead of the declared ones."""
        return {name: self._fitting("smoke: ", name, value) for name, value in self.smoke.items()}

    def rows(self, seeds: Sequence[int] | None) -> Iterable[Values]:
        """The parameters of every run, with these seeds where the function has a `seed`.

        Raises:
            ProjectError: If its `seed` takes no such values.
        """
        rows = self._rows
        if seeds is None or "seed" not in self.parameters.hints:
            return rows
        seeds = self._axis("seed", seeds)
        if isinstance(rows, Grid):
            axes = dict.fromkeys([*rows.axes, "seed"])
            return Grid({name: seeds if name == "seed" else rows.axes[name] for name in axes})
        return self._seeded(rows, seeds)

    def alike(self, values: Mapping[str, Any], but: Collection[str]) -> Iterable[Values]:
        """The parameters of the runs that agree with these values; of a list `but` these parameters do not count.

        A grid, and every study with a `seed`, has runs of values that it does not declare.
        """
        rows = self.rows([values["seed"]] if "seed" in values else None)
        if isinstance(rows, Grid):
            given = {name: (self._fitting("", name, value),) for name, value in values.items()}
            return Grid({**rows.axes, **given})
        return [row for row in rows if all(row[name] == values[name] for name in values if name not in but)]

    @cached_property
    def usual(self) -> dict[str, tuple[Any, ...]]:
        """Parameters that all declared runs have the same value of; empty if there is one run alone."""
        rows = self._rows
        if isinstance(rows, Grid):
            same = {name: values[0] for name, values in rows.axes.items() if len(values) == 1}
            is_alone = len(same) == len(rows.axes)
        else:
            first = rows[0] if rows else {}
            same = {name: value for name, value in first.items() if all(row[name] == value for row in rows)}
            is_alone = len(rows) < 2  # noqa: PLR2004 - nothing to tell it from
        return {} if is_alone else {name: (value, self.short.get(name, value)) for name, value in same.items()}

    def given(self, values: Values) -> Values:
        """Values as the identity of a run has them: without those that equal the default, as ``True`` equals 1."""
        defaults = self.parameters.defaults
        return {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}

    def wrong(self, what: str) -> ProjectError:
        """The error to raise."""
        return ProjectError(f"study `{self.name}`: {what}")

    @cached_property
    def _rows(self) -> Grid | tuple[Values, ...]:
        """Checked and complete."""
        runs = self._listed()
        if isinstance(runs, Grid):
            return self._grid(runs)
        rows = []
        for number, row in enumerate(runs, 1):
            if not isinstance(row, Mapping):
                raise self.wrong(f"run {number} must be a dict of parameters, got {row!r}")
            try:
                rows.append(self.parameters.values(row))
            except TypeError as error:
                raise self.wrong(f"run {number}: {error}") from None
        self._check_distinct(rows)
        return tuple(rows)

    def _listed(self) -> Grid | list[Any]:
        """The runs as they were declared, or as a callable makes them."""
        try:
            runs = self.runs() if callable(self.runs) else self.runs
            if hasattr(runs, "to_dict"):
                runs = runs.to_dict("records")  # a pandas frame
            if isinstance(runs, Iterable):
                return runs if isinstance(runs, Grid) else [*runs]
        except ProjectError:
            raise
        except Exception as error:
            raise self.wrong(f"its `runs` cannot be made: {located(error)}") from error
        raise self.wrong(
            f"`runs` must be a grid, a list of dicts, a frame, or a callable that gives them, got {runs!r}"
        )

    def _grid(self, runs: Grid) -> Grid:
        """A grid is checked value by value: it may have millions of runs."""
        try:
            complete = self.parameters.values({name: values[0] for name, values in runs.axes.items()})
        except TypeError as error:
            raise self.wrong(str(error)) from None
        axes = {name: self._axis(name, values) for name, values in runs.axes.items()}
        for name, values in axes.items():
            twice = _repeated(values if _are_ints(values) else [self.given({name: value}) for value in values])
            if twice is not None:
                raise self.wrong(f"`{name}` has the value {values[twice]!r} twice: two runs would be the same run")
        return Grid({name: axes.get(name, (value,)) for name, value in complete.items()})

    def _axis(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        """One parameter's values as JSON holds them; a million seeds are looked at at once.

        Raises:
            ProjectError: If the parameter takes no such value.
        """
        if _are_ints(values) and self.parameters.hints[name] is int and fits(min(values)) and fits(max(values)):
            return values
        return tuple(self._fitting("", name, value) for value in values)

    def _check_distinct(self, rows: Sequence[Values]) -> None:
        if not rows:
            raise self.wrong("it must have at least one run: `runs=grid(…)` or a list of dicts")
        twice = _repeated([self.given(row) for row in rows])
        if twice is not None:
            first = next(number for number, row in enumerate(rows, 1) if row == rows[twice])
            text = ", ".join(f"{name}={value!r}" for name, value in rows[twice].items())
            raise self.wrong(f"runs {first} and {twice + 1} have the same parameters ({text}): leave one out")

    def _seeded(self, rows: tuple[Values, ...], seeds: Sequence[int]) -> Iterator[Values]:
        others = {json.dumps({**row, "seed": None}, sort_keys=True): row for row in rows}
        return ({**row, "seed": seed} for row in others.values() for seed in seeds)

    def _fitting(self, what: str, name: str, value: object) -> Any:  # noqa: ANN401 - any value
        try:
            return self.parameters.value(name, value)
        except TypeError as error:
            raise self.wrong(f"{what}{error}") from None


def _repeated(values: Sequence[Any]) -> int | None:
    """Place of an equal value that came before."""
    if _are_ints(values) and len(set(values)) == len(values):
        return None
    seen: set[str] = set()
    for number, value in enumerate(values):
        text = json.dumps(value, sort_keys=True)
        if text in seen:
            return number
        seen.add(text)
    return None


def _are_ints(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {int}
