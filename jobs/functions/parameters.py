"""Parameters of a study: names, types and defaults, from a function's signature or from the runs of a command."""

import dataclasses
import difflib
import inspect
import json
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.functions.values import column_type, described, fits, fitted, is_json, plain

OF_RUNS = frozenset({"run_id", "study", "section", "label", "kind", "smoke", "fields"})
"""Names of a run's own columns, on the page and in `list`: no metric and no parameter may have one."""


def reserved() -> frozenset[str]:
    """Names that every run's identity and its row in the store have already."""
    from results.schema import CORE  # noqa: PLC0415 - `jobs` can be imported where a file of the user's hides it

    return frozenset({*OF_RUNS, "schema", "n_params", *(column.name for column in CORE["runs"].columns)})


@dataclass(frozen=True)
class Parameters:
    """Types by name, and the defaults of those that have one; a run at its default keeps its id without it."""

    hints: Mapping[str, Any]
    defaults: Mapping[str, Any]

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter's value as JSON holds it, in the signature's order.

        Raises:
            TypeError: If parameters are unknown or missing, or values of another type; names them all.
        """
        wrong = [self._unknown(name) for name in given if name not in self.hints]
        missing = [name for name in self.hints if name not in given and name not in self.defaults]
        wrong += [f"`{name}` must be given, it has no default" for name in missing]
        values: dict[str, Any] = {}
        for name in self.hints:
            if name in given:
                try:
                    values[name] = self.value(name, given[name])
                except TypeError as error:
                    wrong.append(str(error))
            elif name in self.defaults:
                values[name] = self.defaults[name]
        if wrong:
            raise TypeError("; ".join(wrong))
        return values

    def value(self, name: str, given: object) -> Any:  # noqa: ANN401 - a value can be any object
        """One parameter's value as JSON holds it.

        Raises:
            TypeError: If the parameter is unknown, or takes no such value.
        """
        if name not in self.hints:
            raise TypeError(self._unknown(name))
        try:
            value = plain(fitted(plain(given), self.hints[name]))
        except TypeError as error:
            raise TypeError(f"`{name}` {error}") from None
        if type(value) is int and column_type(self.hints[name]) == "int64" and not fits(value):
            raise TypeError(f"`{name}` must fit into 64 bits, got {value}")
        return value

    def _unknown(self, name: str) -> str:
        close = difflib.get_close_matches(str(name), self.hints, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"no parameter `{name}`: there are {', '.join(self.hints) or 'none'}{hint}"


def of_function(function: Callable[..., Any]) -> Parameters:
    """The parameters after the first, which is the `Run`.

    Raises:
        TypeError: If the signature is none of a study; says what would be right.
    """
    run, *rest = inspect.signature(function).parameters.values() or (None,)
    if run is None or run.kind not in {run.POSITIONAL_ONLY, run.POSITIONAL_OR_KEYWORD}:
        raise TypeError("the function must take the run first: `def f(run: Run, *, lr: float)`")
    many = [str(each) for each in rest if each.kind in {each.VAR_KEYWORD, each.VAR_POSITIONAL, each.POSITIONAL_ONLY}]
    if many:
        raise TypeError(f"`{many[0]}`: every parameter must be given by its name, `def f(run: Run, *, lr: float)`")
    hints = {
        each.name: _evaluated(each.annotation, getattr(inspect.unwrap(function), "__globals__", {})) for each in rest
    }
    return _checked(hints, {each.name: each.default for each in rest if each.default is not inspect.Parameter.empty})


def of_fields(cls: type, without_default: Collection[str] = ()) -> Parameters:
    """The fields of a dataclass; some of them without the default that they have, last.

    Raises:
        TypeError: If a field's name or annotation is none of a parameter; says what would be right.
    """
    own = sorted((each for each in dataclasses.fields(cls) if each.init), key=lambda each: each.name in without_default)
    fields = {each.name: each for each in own}
    where = vars(sys.modules[cls.__module__])
    given = {
        name: each.default if each.default_factory is dataclasses.MISSING else each.default_factory()
        for name, each in fields.items()
        if name not in without_default
    }
    hints = {name: _evaluated(each.type, where) for name, each in fields.items()}
    return _checked(hints, {name: value for name, value in given.items() if value is not dataclasses.MISSING})


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Parameters:
    """The parameters that runs of a command have: each of one type.

    Raises:
        TypeError: If a parameter has values of two types.
    """
    hints: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            kind = type(plain(value))
            known = hints.setdefault(name, kind)
            if {known, kind} == {int, float}:
                hints[name] = float
            elif known is not kind:
                raise TypeError(f"`{name}` must be of one type, got {known.__name__} and {kind.__name__}")
    _check_names(hints)
    return Parameters(hints, {})


def text_of(value: Any) -> str:  # noqa: ANN401 - a value can be any object
    """A value as a command takes it."""
    return value if isinstance(value, str) else json.dumps(value)


def _checked(hints: Mapping[str, Any], given: Mapping[str, Any]) -> Parameters:
    """Parameters of these annotations and defaults."""
    _check_names(hints)
    for name, hint in hints.items():
        if hint is inspect.Parameter.empty:
            raise TypeError(f"`{name}` needs an annotation, for example `{name}: float`")
        if not is_json(hint):
            raise TypeError(f"`{name}: {described(hint)}`: JSON has no such values; take numbers, text, lists or dicts")
    bare = Parameters(hints, {})
    return Parameters(hints, {name: bare.value(name, value) for name, value in given.items()})


def _check_names(names: Iterable[str]) -> None:
    taken = sorted(reserved().intersection(names))
    if taken:
        names = ", ".join(sorted(reserved()))
        raise TypeError(f"no parameter may be called {' or '.join(taken)}: every run has its own; taken are {names}")


def _evaluated(hint: Any, where: dict[str, Any]) -> Any:  # noqa: ANN401 - an annotation can be any object
    """An annotation that `from __future__ import annotations` has left as text."""
    if not isinstance(hint, str):
        return hint
    try:
        return eval(hint, where)  # noqa: S307 - the user's own code
    except Exception as error:  # noqa: BLE001 - the user's own code is evaluated
        raise TypeError(f"annotation {hint!r} cannot be read: {error}") from None
