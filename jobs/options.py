"""The options that commands share, and what is made of them."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.sweep import DEVICES, Device, Sweep, SweepError, sweep

if TYPE_CHECKING:
    from slurm.profiles import Profile

StudyOption = Annotated[
    list[str] | None, typer.Option("--study", help="Only this study; may be given again.", metavar="NAME")
]
PresetOption = Annotated[
    str,
    typer.Option("--preset", help="report, notebook (what the notebooks ran) or extended."),
]
SeedsOption = Annotated[int, typer.Option("--seeds", help="Repeat every study under seeds 0 to N−1.", metavar="N")]
SmokeOption = Annotated[bool, typer.Option("--smoke", help="A minute's worth of everything, marked as such.")]
DatasetOption = Annotated[str, typer.Option("--dataset", help="mnist (embedded), fashion-mnist or kmnist.")]
PrecisionOption = Annotated[
    str, typer.Option("--precision", help="fp32, or bf16: convolutional networks only, as runs of their own.")
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Output folder; else $HW1_OUT, else out/.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", help="Tasks to make; else one a core, on a cluster one a minute of work.", metavar="N"),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="A cluster: a name from `hw1 profiles`, or a file.", metavar="NAME|PATH")
]
SharedOption = Annotated[
    bool, typer.Option("--shared", help="Others may write in the output folder, and can then run code as you.")
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]


def chosen_sweep(  # noqa: PLR0913 - what the options of every command select
    studies: list[str] | None, preset: str, n_seeds: int, dataset: str, precision: str, *, smoke: bool
) -> Sweep:
    """The sweep that the options select.

    Raises:
        SweepError: Naming everything that is wrong.
    """
    return sweep(
        studies=studies or [], preset=preset, n_seeds=n_seeds, smoke=smoke, dataset=dataset, precision=precision
    )


def n_workers_of(n: int | None) -> int | None:
    """The number of workers, if one was given.

    Raises:
        SweepError: If it is below 1.
    """
    if n is not None and n < 1:
        raise SweepError(f"`--workers` must be at least 1, got {n}")
    return n


def chosen_device(name: str) -> Device:
    """The device.

    Raises:
        SweepError: If there is none of that name.
    """
    chosen = next((known for known in DEVICES if known == name), None)
    if chosen is None:
        raise SweepError(f"`--device` must be one of {', '.join(DEVICES)}, got {name!r}")
    return chosen


def chosen_profile(name: str) -> "Profile":
    """The profile.

    Raises:
        ProfileError: If there is none, or it has mistakes.
    """
    from slurm.profiles import load  # noqa: PLC0415 - imports pydantic

    return load(name)


def print_json(records: Iterable[Mapping[str, Any]]) -> None:
    """Print for a script: a list, a record a line."""
    before = "[\n "
    for record in records:
        sys.stdout.write(before + json.dumps(record, ensure_ascii=False))
        before = ",\n "
    sys.stdout.write("\n]\n" if before.startswith(",") else "[]\n")
