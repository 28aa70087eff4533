"""The options that commands share, and what is made of them."""

import json
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.sweep import DEVICES, MOST, Device, SweepError, unknown
from results.energy import DEFAULT, Factors
from results.folder import output_folder
from results.plain import plain

if TYPE_CHECKING:
    from slurm.profiles import Profile

_SEEDS = re.compile(r"(?:(\d{1,9}):)?(\d{1,9})", re.ASCII)

OutOption = Annotated[str | None, typer.Option("--out", help="Output folder; else $HW1_OUT, else out/.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", help="Tasks to make; else one a core, on a cluster one a minute of work.", metavar="N"),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="A cluster: a name from `hw1 profiles`, or a file.", metavar="NAME|PATH")
]
UsedOption = Annotated[
    bool, typer.Option("--used", help="Also what jobs asked for and used, and what to ask next time.")
]
SharedOption = Annotated[
    bool, typer.Option("--shared", help="Others may write in the output folder, and can then run code as you.")
]
SbatchOption = Annotated[
    list[str] | None,
    typer.Option(
        "--sbatch", help="An option of sbatch instead of the profile's; may be given again.", metavar="NAME=VALUE"
    ),
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]


def _versions(asked: bool) -> None:  # noqa: FBT001 - typer gives it by position
    """Print what runs here, and end."""
    if not asked:
        return
    from jobs.worker import provenance  # noqa: PLC0415 - asks git

    code = provenance.code(Path(__file__).parent)
    commit = f"{code.commit or 'unknown'}{' with uncommitted changes' * bool(code.dirty)}"
    typer.echo(f"hw1 {_version('hw1')}\ncommit {commit}\nPython {platform.python_version()}\ntorch {_version('torch')}")
    raise typer.Exit


def _version(package: str) -> str:
    """The package's version, without importing it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "is not installed"


VersionOption = Annotated[
    bool,
    typer.Option("--version", help="Print version, commit, and those of Python and torch.", callback=_versions),
]


def chosen_folder(name: str | None) -> Path:
    """The output folder.

    Raises:
        SweepError: If its name is empty.
    """
    return output_folder(Path(named("--out", name)) if name is not None else None)


def named(option: str, name: str) -> str:
    """A value that was given, which must say something.

    Raises:
        SweepError: If it does not.
    """
    if not name.strip():
        raise SweepError(f"`{option}` must have a value, got {name!r}: is a variable of your shell unset?")
    return name


def n_workers_of(n: int | None) -> int | None:
    """The number of workers, if one was given.

    Raises:
        SweepError: If it is below 1, or more than any sweep has runs.
    """
    return within("--workers", n, MOST) if n is not None else None


def within(option: str, n: int, most: int) -> int:
    """A number that was given, from 1 to the most.

    Raises:
        SweepError: If it is not.
    """
    if n < 1:
        raise SweepError(f"`{option}` must be at least 1, got {n}")
    if n > most:
        raise SweepError(f"`{option}` must be at most {most:,}, got {n}")
    return n


def chosen_device(name: str) -> Device:
    """The device.

    Raises:
        SweepError: If there is none of that name.
    """
    chosen = next((known for known in DEVICES if known == name), None)
    if chosen is None:
        raise SweepError("; ".join(unknown("device", [name], DEVICES)))
    return chosen


def chosen_profile(name: str | None, changes: list[str] | None) -> "Profile | None":
    """The profile, with the options of sbatch that were given instead of its own; None if none was named.

    Raises:
        SweepError: If its name is empty, or options are given for no profile.
        ProfileError: If there is none of that name, or it has mistakes.
    """
    if name is None:
        if changes:
            raise SweepError("`--sbatch` changes what a cluster is asked for: give `--profile NAME` too")
        return None
    from slurm.profiles import load  # noqa: PLC0415 - imports pydantic

    return load(named("--profile", name), changes or ())


def named_profile(name: str | None) -> "Profile | None":
    """The profile that `hw1.toml` names, for commands that can do without; None, and why, if it cannot be read."""
    if name is None:
        return None
    from slurm.profiles import ProfileError, load  # noqa: PLC0415 - imports pydantic

    try:
        return load(name)
    except ProfileError as error:
        warn([f"not taken: {error}"])
        return None


def seeds_of(typed: str, name: str = "--seeds") -> range:
    """The seeds that were typed: `5` for 0 to 4, `5:10` for 5 to 9.

    Raises:
        SweepError: If it is neither, or none.
    """
    match = _SEEDS.fullmatch(typed)
    if match is None:
        raise SweepError(f"`{name}` must be a number, at least 1, or two as in 5:10, got {typed}")
    first, end = int(match[1] or 0), int(match[2])
    if end < 1 or end <= first:
        wanted = "at least 1" if match[1] is None else "two numbers of which the second is larger"
        raise SweepError(f"`{name}` must be {wanted}, got {typed}")
    return range(first, end)


def factors_of(profile: "Profile | None") -> Factors:
    """The factors of energy in a profile, or the default ones."""
    return profile.energy.factors if profile is not None else DEFAULT


def warn(lines: Iterable[str]) -> None:
    """Print lines beside a command's own output, which a script may read."""
    for line in lines:
        typer.echo(plain(line), err=True)


def print_json(records: Iterable[Mapping[str, Any]]) -> None:
    """Print for a script: a list, a record a line, in ASCII, which every stream takes."""
    before = "[\n "
    for record in records:
        sys.stdout.write(before + json.dumps(record))
        before = ",\n "
    sys.stdout.write("\n]\n" if before.startswith(",") else "[]\n")
