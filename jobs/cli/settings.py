"""Settings beside a user's project: `hw1.toml` here or in the nearest folder above, and `$HW1_PROJECT`."""

import os
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from jobs.cli.options import named, seeds_of, warn
from jobs.imports import DEFAULT, is_path
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
    folder: Path | None = None
    """Folder of the project's module, if the file names one."""


def settings(typed: str | None) -> Settings:
    """The settings in force: those of the nearest `hw1.toml`, with the project that was typed or is in `$HW1_PROJECT`.

    Paths in the file are relative to its folder.

    Raises:
        SweepError: If the file has mistakes, all of which are named, or a project's name is empty.
    """
    given = os.environ.get("HW1_PROJECT")
    project = named("-p", typed) if typed is not None else named("$HW1_PROJECT", given) if given is not None else None
    path = _nearest()
    found = Settings(**_read(path), folder=path.parent) if path is not None else Settings()
    return found if project is None else replace(found, project=project, folder=None)


def _nearest() -> Path | None:
    """The `hw1.toml` of the current folder, else of the nearest above that has one; none beyond a `.git`.

    One that another user has put above is told and not taken: it names code that would be run.
    """
    try:
        here = Path.cwd()
    except OSError:  # it is gone
        return None
    for folder in (here, *here.parents):
        path = folder / NAME
        if os.path.lexists(path):
            if folder == here or path.lstat().st_uid in {os.geteuid(), 0}:
                return path
            warn([f"{path} is another user's and not taken: go to its folder, or give -p"])
            return None
        if os.path.lexists(folder / ".git"):
            return None
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SweepError(f"{path} is no TOML: {error}") from None
    known = [field.name for field in fields(Settings) if field.name != "folder"]
    wrong = unknown("setting", found, known)
    for name, value in found.items():
        if (
            name in known
            and not (isinstance(value, str) and value.strip())
            and not (name == "seeds" and _is_count(value))
        ):
            wrong.append(f"`{name}` must be a text, got {value!r}")
    if "seeds" in found and not wrong:
        try:
            seeds_of(str(found["seeds"]), "seeds")
        except SweepError as error:
            wrong.append(str(error))
    if wrong:
        raise SweepError(f"{path}: {'; '.join(wrong)}")
    return {name: _placed(path.parent, name, str(value)) for name, value in found.items()}


def _placed(folder: Path, name: str, value: str) -> str:
    """A value of the file; a path is one from its folder."""
    is_file = (
        name == "out"
        or (name == "project" and is_path(value))
        or (name == "profile" and ("/" in value or value.endswith(".toml")))
    )
    return str(folder / value) if is_file and not value.startswith("~") else value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
