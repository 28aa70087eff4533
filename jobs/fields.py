"""Values of annotated fields: which fit, how they are typed, and how JSON holds them."""

import json
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, Union, get_args, get_origin


def check(hint: Any) -> Callable[[object], bool]:  # noqa: ANN401 - an annotation can be any object
    """A test whether a value is of the annotated type itself."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {types.UnionType, Union}:
        checks = [check(h) for h in inner]
        return lambda value: any(fits(value) for fits in checks)
    if origin is Literal:
        return lambda value: type(value) is str and value in inner
    if origin is tuple:
        return lambda value: type(value) is tuple and all(type(v) is inner[0] for v in value)
    return lambda value: type(value) is hint


def parsed(name: str, text: str, hint: Any) -> object:  # noqa: ANN401 - an annotation can be any object
    """A value of an annotated type as it was typed.

    Raises:
        TypeError: If it is none.
    """
    fits = check(hint)
    with suppress(ValueError):
        value = from_jsonable(json.loads(text))
        for each in (value, float(value) if type(value) is int else value):
            if fits(each):
                return each
    if fits(text):
        return text
    raise TypeError(f"`{name}` must be {described(hint)}, got {text!r}")


def described(hint: Any) -> str:  # noqa: ANN401 - an annotation can be any object
    """The annotated type in an error's words."""
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(repr, get_args(hint)))
    return getattr(hint, "__name__", str(hint)) if get_origin(hint) is None else str(hint)


def from_jsonable(value: Any) -> Any:  # noqa: ANN401 - checked when the spec is made
    """A field's value from what JSON holds: lists as tuples."""
    return tuple(value) if isinstance(value, list) else value


def jsonable(value: object) -> object:
    """A field's value as JSON holds it: tuples as lists."""
    if isinstance(value, float):
        return value + 0.0  # there is one zero: 0.0 and -0.0 are the same to a cache, and to a trainer
    return [jsonable(each) for each in value] if isinstance(value, tuple) else value
