"""Values of parameters: as JSON holds them, and as the annotation asks for."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

SCALARS = (bool, int, float, str, NoneType)


def fits(value: int) -> bool:
    """True if a column of whole numbers holds it.

    >>> fits(2**63 - 1), fits(2**63)
    (True, False)
    """
    return -(2**63) <= value < 2**63


def plain(value: Any) -> Any:  # noqa: ANN401 - a value can be any object
    """The value as JSON holds it; numpy's and torch's numbers and arrays become numbers and lists.

    Raises:
        TypeError: If JSON has no such value.
    """
    if isinstance(value, Enum):
        value = value.value
    if type(value) is float:
        if not math.isfinite(value):
            raise TypeError(f"must be finite, got {value}")
        return value + 0.0  # one zero
    if type(value) in SCALARS:
        return value
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict) and all(type(name) is str for name in value):
        return {name: plain(each) for name, each in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    raise TypeError(f"must be a number, text, true, false, None, or a list or dict of these, got {_shown(value)}")


def fitted(value: Any, hint: Any) -> Any:  # noqa: ANN401 - a value can be any object
    """A value as the annotation asks for it, in lists of its own: whoever gets it may change it.

    >>> fitted(1, float), fitted([8, 32], tuple[int, ...]), fitted(None, int | None)
    (1.0, (8, 32), None)

    Raises:
        TypeError: If it is of another type.
    """
    origin, inner = get_origin(hint) or hint, get_args(hint)
    if origin is Annotated:
        return fitted(value, inner[0])
    return _FITS.get(origin, _scalar)(value, hint, inner)


def _union(value: Any, hint: Any, inner: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a value can be any object
    for each in sorted(inner, key=lambda each: each is float):  # an int stays one where it may
        with suppress(TypeError):
            return fitted(value, each)
    raise _misfit(value, hint)


def _literal(value: Any, hint: Any, inner: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a value can be any object
    if any(type(value) is type(each) and value == each for each in inner):
        return value
    raise _misfit(value, hint)


def _list(value: Any, hint: Any, inner: tuple[Any, ...]) -> list[Any]:  # noqa: ANN401 - a value can be any object
    if not isinstance(value, list):
        raise _misfit(value, hint)
    return [fitted(each, inner[0]) for each in value] if inner else list(value)


def _tuple(value: Any, hint: Any, inner: tuple[Any, ...]) -> tuple[Any, ...]:  # noqa: ANN401 - a value can be any object
    if not isinstance(value, list):
        raise _misfit(value, hint)
    if not inner:
        return tuple(value)
    hints = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
    if len(hints) != len(value):
        raise _misfit(value, hint)
    return tuple(fitted(each, of) for each, of in zip(value, hints, strict=True))


def _mapping(value: Any, hint: Any, inner: tuple[Any, ...]) -> dict[str, Any]:  # noqa: ANN401 - a value can be any object
    if not isinstance(value, dict):
        raise _misfit(value, hint)
    return {name: fitted(each, inner[1]) for name, each in value.items()} if inner else dict(value)


def _scalar(value: Any, hint: Any, inner: tuple[Any, ...]) -> Any:  # noqa: ANN401, ARG001 - a value can be any object
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is hint or (value is None and hint is None):
        return value
    raise _misfit(value, hint)


_FITS: dict[Any, Callable[[Any, Any, tuple[Any, ...]], Any]] = {
    Union: _union,
    UnionType: _union,
    Literal: _literal,
    tuple: _tuple,
    **dict.fromkeys((list, Sequence), _list),
    **dict.fromkeys((dict, Mapping), _mapping),
}
"""Functions that make a value fit an annotation, by the annotation's outermost type."""


def is_json(hint: Any) -> bool:  # noqa: ANN401 - an annotation can be any object
    """True if JSON has values of the annotated type."""
    origin, inner = get_origin(hint) or hint, get_args(hint)
    if origin is Literal:
        return all(type(each) in SCALARS for each in inner)
    if origin is Annotated:
        return is_json(inner[0])
    if _FITS.get(origin) is _mapping:
        return not inner or (inner[0] is str and is_json(inner[1]))
    if origin in _FITS:
        return all(is_json(each) for each in inner if each is not Ellipsis)
    return origin in SCALARS or origin is None


def typed(text: str, hint: Any) -> Any:  # noqa: ANN401 - an annotation can be any object
    """A value from the command line: JSON where it fits, else the text.

    Raises:
        TypeError: If neither fits.
    """
    with suppress(ValueError, TypeError):
        return plain(fitted(plain(json.loads(text)), hint))
    return fitted(text, hint)


def column_type(hint: Any) -> Literal["bool", "int64", "float64", "string"]:  # noqa: ANN401 - an annotation
    """The type of a parameter's column; what no column holds is JSON text."""
    kinds = set(_kinds(hint)) - {NoneType, None}
    if len(kinds) == 1 and (kind := kinds.pop()) in COLUMN_TYPES:
        return COLUMN_TYPES[kind]
    return "float64" if kinds == {int, float} else "string"


COLUMN_TYPES: dict[Any, Literal["bool", "int64", "float64", "string"]] = {
    bool: "bool",
    int: "int64",
    float: "float64",
    str: "string",
}


def cell(value: Any, hint: Any) -> Any:  # noqa: ANN401 - a value can be any object
    """A parameter's value in its column."""
    kind = column_type(hint)
    if value is None or kind not in {"string", "float64"}:
        return value
    if kind == "float64":
        return float(value)
    return value if isinstance(value, str) else json.dumps(value)


def _kinds(hint: Any) -> list[Any]:  # noqa: ANN401 - an annotation can be any object
    origin, inner = get_origin(hint) or hint, get_args(hint)
    if origin is Literal:
        return [type(each) for each in inner]
    if origin is Annotated:
        return _kinds(inner[0])
    return [kind for each in inner for kind in _kinds(each)] if origin in {Union, UnionType} else [origin]


def described(hint: Any) -> str:  # noqa: ANN401 - an annotation can be any object
    """An annotation in an error."""
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(repr, get_args(hint)))
    if get_origin(hint) in {Union, UnionType}:
        return " or ".join("None" if each is NoneType else described(each) for each in get_args(hint))
    return getattr(hint, "__name__", str(hint)) if get_origin(hint) is None else str(hint)


def _misfit(value: object, hint: object) -> TypeError:
    return TypeError(f"must be {described(hint)}, got {_shown(value)}")


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) < 60 else text[:57] + '…'} ({type(value).__name__})"  # noqa: PLR2004 - a line's share
