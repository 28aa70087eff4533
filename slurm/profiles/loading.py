"""Where profiles are found, and how their mistakes are told."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from slurm.profiles.profile import Gpu, Profile, ProfileError, Retries, closest, settable

_N_SHOWN = 60
"""Characters shown of a value that is wrong."""

_MUST = {
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "> {gt:g}",
    "greater_than_equal": ">= {ge:g}",
    "int_type": "a whole number",
    "literal_error": "{expected}",
    "model_type": "a table",
    "string_type": "text",
    "tuple_type": "a list",
}
"""What must be, by pydantic's name of the mistake."""


def where() -> Path:
    """The folder of the user's own profiles."""
    return Path.home() / ".config" / "hw1" / "profiles"


def names() -> dict[str, Path]:
    """Every profile there is and its file; the user's own hide those of the package."""
    files = [*Path(__file__).parent.glob("*.toml"), *where().glob("*.toml")]
    return dict(sorted({path.stem: path for path in files}.items()))


def load(name_or_path: str) -> Profile:
    """Read and check a profile.

    Args:
        name_or_path: A name of `names`; or, with a slash or ending in ``.toml``, a file.

    Raises:
        ProfileError: If there is none, or it cannot be read, or with all its mistakes.
    """
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        return _read(Path(name_or_path))
    found = names()
    if name_or_path not in found:
        have = f"your own are files {where()}/NAME.toml"
        raise ProfileError(f"profile must be a file or one of {', '.join(found)}, got {name_or_path!r}; {have}")
    return _read(found[name_or_path])


def _read(path: Path) -> Profile:
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"profile {path} must be a file to read, got: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ProfileError(f"profile {path} must be UTF-8, got other bytes (at line {line})") from None
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"profile {path} must be TOML, got: {error}") from None
    reserved = [_unknown_field((name,), fields) for name in ("name", "origin") if name in fields]
    try:
        profile = Profile.model_validate({**fields, "name": path.stem, "origin": path})
    except ValidationError as error:
        mistakes = [*reserved, *(_told(dict(mistake), fields) for mistake in error.errors(include_url=False))]
    else:
        mistakes = reserved
    if mistakes:
        raise ProfileError("\n  ".join([f"profile {path} has mistakes:", *mistakes]))
    return profile


def _told(mistake: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    """A mistake as a line: field, what must be, what is."""
    kind, place, context = mistake["type"], mistake["loc"], mistake.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_field(place, fields)
    if kind == "missing":
        return f"{_field(place)}: must be given, got nothing"
    must = str(context["error"]) if kind == "value_error" else f"must be {_MUST[kind].format(**context)}"
    return f"{_field(place)}: {must}, got {_shown(mistake['input'])}"


def _unknown_field(place: Sequence[int | str], fields: Mapping[str, Any]) -> str:
    tables: dict[int | str, type[BaseModel]] = {"gpu": Gpu, "retries": Retries}
    known = settable(tables[place[0]] if len(place) > 1 else Profile)
    left = [name for name in known if len(place) > 1 or name not in fields]
    hint = closest(str(place[-1]), left)
    return f"{_field(place)}: must be one of {', '.join(known)}, got an unknown field{hint}"


def _field(place: Sequence[int | str]) -> str:
    """A field as it is written in the file; what has to be quoted there is quoted, so that a message has its lines."""
    name = ""
    for part in place:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            bare = part if part.replace("-", "_").isidentifier() else json.dumps(part)
            name += f".{bare}" if name else bare
    return name


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _N_SHOWN else f"{text[: _N_SHOWN - 1]}…"
