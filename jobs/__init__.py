"""Enumerates every run, packs them, joins training to the store; the door to it, and the command line `hw1`."""

import importlib
import sys
from typing import TYPE_CHECKING

from jobs.functions.decorator import shell_study, study  # at once: its name is a module's too

if TYPE_CHECKING:
    from jobs.cli.notebook import command
    from jobs.functions.grids import grid
    from jobs.functions.run import Run
    from jobs.fused.module import Data, Module
    from jobs.imports import project_of
    from jobs.project import Project
    from jobs.spec import Spec
    from jobs.study import Study
    from jobs.trainer import Trainer
    from results.schema import Column, Table

__all__ = [
    "Claim",
    "Column",
    "Data",
    "Figure",
    "Module",
    "Project",
    "Run",
    "Spec",
    "Statement",
    "Study",
    "Table",
    "Trainer",
    "command",
    "grid",
    "load",
    "project_of",
    "shell_study",
    "study",
]

_FROM = {
    "Claim": "analysis.claims.statement",
    "Column": "results.schema",
    "Data": "jobs.fused.module",
    "Figure": "analysis.figure",
    "Module": "jobs.fused.module",
    "Project": "jobs.project",
    "Run": "jobs.functions.run",
    "Spec": "jobs.spec",
    "Statement": "analysis.claims.statement",
    "Study": "jobs.study",
    "Table": "results.schema",
    "Trainer": "jobs.trainer",
    "command": "jobs.cli.notebook",
    "grid": "jobs.functions.grids",
    "load": "results.load",
    "project_of": "jobs.imports",
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: a study's file needs no pandas and no torch."""
    if name not in _FROM:
        raise AttributeError(f"module 'jobs' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    try:
        value = getattr(importlib.import_module(_FROM[name]), name)
    except ImportError as error:
        from jobs.rooms import hiding  # noqa: PLC0415 - only where something is wrong

        raise (ImportError(hiding()) if hiding() else error) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return __all__
