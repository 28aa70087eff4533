"""Settings beside a user's project: `hw1.toml` in the current folder, and `$HW1_PROJECT`."""

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from jobs.imports import DEFAULT
from jobs.sweep import SweepError, unknown
from results.disk import read_text

NAME = "hw1.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Values that options have where they are not typed."""

    project: str = DEFAULT
    out: str | None = None
    profile: str | None = None
    seeds: str | None = None
    preset: str | None = None


def settings(typed: str | None) -> Settings:
    """The settings in force: `hw1.toml` here, with the project that was typed or is in `$HW1_PROJECT`, if one is.

    Raises:
        SweepError: If the file has mistakes; names all.
    """
    path = Path(NAME)
    project = typed if typed is not None else os.environ.get("HW1_PROJECT") or None
    if not os.path.lexists(path):
        return Settings(project=project or DEFAULT)
    values = _read(path)
    kept = {name: value for name, value in values.items() if name != "project"}
    return Settings(project=project or values.get("project", DEFAULT), **kept)


def _read(path: Path) -> dict[str, str]:
    try:
        found = tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SweepError(f"{path.absolute()} is no TOML: {error}") from None
    known = [field.name for field in fields(Settings)]
    wrong = unknown("setting", found, known)
    for name, value in found.items():
        if (
            name in known
            and not (isinstance(value, str) and value.strip())
            and not (name == "seeds" and _is_count(value))
        ):
            wrong.append(f"`{name}` must be a text, got {value!r}")
    if wrong:
        raise SweepError(f"{path.absolute()}: {'; '.join(wrong)}")
    return {name: str(value) for name, value in found.items()}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
