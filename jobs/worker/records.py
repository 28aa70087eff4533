"""Records: small dataclasses as JSON in files that anything may have happened to."""

import json
import math
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

T = TypeVar("T")


def parsed(kind: type[T], text: str) -> T | None:
    """The record that a text says; None if it is not one with values of its fields' types, or another version's.

    Fields that the record does not know are left out.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known: tuple[Field[Any], ...] = fields(kind)  # type: ignore[arg-type]
    if not isinstance(values, dict):
        return None
    kept = {field.name: values[field.name] for field in known if field.name in values}
    missing = any(field.default is MISSING and field.name not in kept for field in known)
    if missing or not all(_fits(kept[field.name], field.type) for field in known if field.name in kept):
        return None
    return kind(**kept)


def _fits(value: Any, kind: Any) -> bool:  # noqa: ANN401 - any JSON, and any annotation
    """True if a value is of one of the types that records have."""
    if isinstance(value, bool):
        return False
    if kind is str:
        return isinstance(value, str)
    if kind is int:
        return isinstance(value, int)
    if kind == Sequence[str]:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if value is None:
        return bool(kind == float | None)
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
