"""A profile's file and those that it extends, as the values that count and where each is from."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from results.disk import read_small
from results.errors import UnreadableError
from results.plain import plain
from slurm.profiles.profile import ProfileError

Values = dict[str, Any]

_MAX_BYTES = 1 << 16
_MAX_DEPTH = 8
"""Tables and lists in one another, and profiles that extend one another; none needs more than two or three."""


_MAX_DOTS = 200
"""In a line: tomllib takes minutes for a name of thousands of parts."""


class Layer(NamedTuple):
    """Values that are set at one place."""

    place: str
    """As a message says it: "in FILE", "from $VARIABLE"."""
    values: Values


def read(path: Path) -> Values:
    """The values that a file sets.

    Raises:
        ProfileError: If it is not a small file of TOML.
    """
    text, shown = _text(path), plain(str(path))
    if any(line.count(".") > _MAX_DOTS for line in text.splitlines()):
        raise ProfileError(f"profile {shown} must have at most {_MAX_DOTS} dots in a line")
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise ProfileError(_too_deep(shown)) from None
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"profile {shown} must be TOML, got: {error}") from None
    except ValueError:  # Python's own
        raise ProfileError(f"profile {shown} must have no number of thousands of digits") from None
    if _is_deep(values):
        raise ProfileError(_too_deep(shown))
    return values


def _text(path: Path) -> str:
    """The file's text, without the mark that some editors put first."""
    shown = plain(str(path))
    try:
        # Links are followed, as people keep such files elsewhere; what they lead to must be a file.
        data = read_small(Path(os.path.realpath(path, strict=True)), limit=_MAX_BYTES)
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ProfileError(f"profile {shown} must be UTF-8, got other bytes (at line {line})") from None
    except UnreadableError as error:
        raise ProfileError(f"profile {shown} must be a file to read, got: {error.reason}") from None
    except OSError as error:
        raise ProfileError(f"profile {shown} must be a file to read, got: {error.strerror}") from None
    except ValueError:
        raise ProfileError(f"profile {shown} must be the name of a file") from None


def merged(layers: list[Layer]) -> tuple[Values, dict[str, str]]:
    """The last value of each field, with those of tables put together; and where each value is from, by its name."""
    values: Values = {}
    places: dict[str, str] = {}
    for layer in layers:
        known = values.get("unknown")
        for name, value in layer.values.items():
            if isinstance(value, dict) and isinstance(values.get(name), dict):
                values[name] = values[name] | value
            else:
                values[name] = value
            places[name] = layer.place
            places |= {f"{name}.{key}": layer.place for key in (value if isinstance(value, dict) else ())}
        if isinstance(known, list):
            added = layer.values.get("unknown", [])
            values["unknown"] = [n for n in known if n not in _names(layer.values)] + (
                added if isinstance(added, list) else [added]
            )
    return values, places


def _names(values: Mapping[str, Any]) -> set[str]:
    tables = {f"{name}.{key}" for name, table in values.items() if isinstance(table, dict) for key in table}
    return {*values, *tables}


def _too_deep(shown: str) -> str:
    return f"profile {shown} must have at most {_MAX_DEPTH} tables and lists in one another"


def _is_deep(values: Values) -> bool:
    level: list[Any] = [values]
    for _ in range(_MAX_DEPTH):
        level = [part for value in level for part in _parts(value)]
    return bool(level)


def _parts(value: Any) -> list[Any]:  # noqa: ANN401 - what TOML has
    inner = list(value.values()) if isinstance(value, dict) else value
    return [part for part in inner if isinstance(part, dict | list)]
