"""The mistakes of a profile in words: each on one line, with the field, what must be and what is."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from results.plain import plain
from slurm.profiles.flags import closest
from slurm.profiles.profile import MASKED, Profile, ProfileError, settable
from slurm.profiles.tables import Energy, Gpu, Notify, Retries

_N_SHOWN = 60
"""Characters shown of a value that is wrong."""

_TABLES: Mapping[int | str, type[BaseModel]] = {
    "energy": Energy,
    "gpu": Gpu,
    "notify": Notify,
    "retries": Retries,
}

_MUST = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than_equal": ">= {ge:,g}",
    "int_type": "a whole number",
    "less_than_equal": "<= {le:,.0f}",
    "literal_error": "{expected}",
    "model_type": "a table",
    "string_type": "text",
    "too_long": "at most {max_length} in number",
    "tuple_type": "a list",
}
"""Requirements in words, by pydantic's name of the mistake."""


def refusal(path: Path, lines: Sequence[str]) -> ProfileError:
    """All mistakes of a file in one message: one of them on its line, several on a line each."""
    start = f"profile {plain(str(path))}"
    if len(lines) == 1:
        return ProfileError(f"{start} has a mistake: {lines[0]}")
    return ProfileError("\n  ".join([f"{start} has mistakes:", *lines]))


def mistakes(error: ValidationError, given: Mapping[str, Any], places: Mapping[str, str]) -> list[str]:
    """Every mistake as a line.

    Args:
        error: What pydantic found.
        given: The values that were checked.
        places: Where those are from that the profile's own file does not set.
    """
    lines = []
    for mistake in error.errors(include_url=False):
        loc = mistake["loc"]
        place = next((places[key] for key in (".".join(map(str, loc[:2])), str(loc[0])) if key in places), "")
        lines.append(_told(dict(mistake), given) + (f", {place}" if place else ""))
    return lines


def unknown_field(place: Sequence[int | str], given: Mapping[str, Any]) -> str:
    """A field that there is not, with those that there are."""
    known = settable(_TABLES[place[0]] if len(place) > 1 else Profile)
    left = [name for name in known if len(place) > 1 or name not in given]
    hint = closest(str(place[-1]), left)
    return f"{_field(place)}: must be one of {', '.join(known)}, got an unknown field{hint}"


def _told(mistake: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    kind, place, context = mistake["type"], mistake["loc"], mistake.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown_field(place, given)
    if kind == "missing":
        return f"{_field(place)}: must be given, got nothing"
    if kind == "value_error":
        must = str(context["error"])
    else:
        must = f"must be {_MUST[kind].format(**context)}" if kind in _MUST else f"must be right ({mistake['msg']})"
    if place[-1] == "[key]":
        return f"{_field(place[:-1])}: {must}"
    got = "what is not shown: it may be a secret" if place[0] == MASKED.partition(".")[0] else shown(mistake["input"])
    return f"{_field(place)}: {must}, got {got}"


def _field(place: Sequence[int | str]) -> str:
    """A field as it is written in the file; what has to be quoted there is quoted, so that a message has its lines."""
    name = ""
    for part in place:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            bare = part if part.replace("-", "_").isidentifier() else _cut(json.dumps(part))
            name += f".{bare}" if name else bare
    return name


def shown(value: object) -> str:
    """A value as it is written in the file, and not too much of it."""
    try:
        return _cut(json.dumps(value, default=str))
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of thousands of digits"


def _cut(text: str) -> str:
    return text if len(text) <= _N_SHOWN else f"{text[: _N_SHOWN - 1]}…"
