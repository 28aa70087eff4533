"""The command that says how modules would be fused on this machine."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import typer

from jobs.cli.options import DeviceOption, chosen_device
from jobs.cli.selection import Selection
from jobs.functions.modules import ModuleSpec
from jobs.sweep import SweepError
from jobs.worker.device import device_of
from results.plain import plain

if TYPE_CHECKING:
    from jobs.fused.looks import Look

MOST = 16
"""Runs of a pack that are looked at."""


def fuse(chosen: Selection, device: DeviceOption = "auto") -> None:
    """Tell how modules train as stacks on this machine, how fast against one by one, and if the bits are proven.

    Example: hw1 fuse --set width=8
    """
    groups = defaultdict[Hashable, list[ModuleSpec]](list)
    for run in chosen.runs:
        if isinstance(run.spec, ModuleSpec):
            groups[run.spec.group].append(run.spec)
    if not groups:
        raise SweepError("no run of this sweep is of a module: `class Diabetes(Module)` with `@study` is one")
    where = chosen_device(device)
    for specs in groups.values():
        on = device_of(specs[0], where)
        for look in specs[0].looks(specs[:MOST], on):
            _tell(specs, look)


def _tell(specs: Sequence[ModuleSpec], look: "Look") -> None:
    """Print what was found of one shape."""
    values = specs[0].values()
    shared = " ".join(f"{name} {values[name]}" for name in values if name in specs[0].shared)
    typer.echo(plain(f"{specs[0].kind}: {len(specs)} run(s) of {look.n_params:,} parameters: {shared}"))
    speed = "" if look.ratio is None else f": {look.ratio:.1f} times as fast as one by one"
    typer.echo(plain(f"  {look.way}{speed}"))
    typer.echo(f"  bits of the lonely run: {look.bits}")
    width = max(len(name) for name, *_ in look.modules)
    kinds = max(len(kind) for _, kind, _ in look.modules)
    for name, kind, how in look.modules:
        typer.echo(plain(f"  {name:<{width}}  {kind:<{kinds}}  {how}"))
