"""Enumerates every run, packs them, joins training to the store; the door to it, and the command line `hw1`."""

import importlib
import sys
from typing import TYPE_CHECKING

from jobs.functions.decorator import shell_study, study  # at once: its name is a module's too

if TYPE_CHECKING:
    from analysis import names, style
    from analysis.bands import band, of_values, spread
    from analysis.claims.counts import Agreement, Counted, share
    from analysis.claims.intervals import CORRELATION, SHARE, Median, Share
    from analysis.claims.seeds import (
        TENTH,
        UNSEEN,
        column,
        decades,
        first_below,
        known,
        last,
        middle,
        per_seed,
        slopes,
        sooner,
    )
    from analysis.claims.statement import Claim, Statement
    from analysis.figure import Figure
    from analysis.frames import StudyResults
    from analysis.labels import Labels
    from analysis.markup import template
    from analysis.page import Family, Finding, Note, Page, Section
    from analysis.style import Line
    from jobs.cli.notebook import command
    from jobs.cli.options import JsonOption, OutOption
    from jobs.errors import DataError, ProjectError
    from jobs.functions.grids import grid
    from jobs.functions.run import Run
    from jobs.fused.module import Data, Module
    from jobs.gpu import Repeated, exact
    from jobs.imports import project_of
    from jobs.origin import Origin
    from jobs.project import Option, Project
    from jobs.spec import Spec, check_shared
    from jobs.state import State, Tables, columns, merged
    from jobs.study import Study
    from jobs.sweep import SweepError, unknown
    from jobs.trainer import Trainer
    from results.disk import write_whole
    from results.load import load
    from results.schema import CORE, Column, Table, Type
    from slurm.cores import in_parallel

__all__ = [
    "CORE",
    "CORRELATION",
    "SHARE",
    "TENTH",
    "UNSEEN",
    "Agreement",
    "Claim",
    "Column",
    "Counted",
    "Data",
    "DataError",
    "Family",
    "Figure",
    "Finding",
    "JsonOption",
    "Labels",
    "Line",
    "Median",
    "Module",
    "Note",
    "Option",
    "Origin",
    "OutOption",
    "Page",
    "Project",
    "ProjectError",
    "Repeated",
    "Run",
    "Section",
    "Share",
    "Spec",
    "State",
    "Statement",
    "Study",
    "StudyResults",
    "SweepError",
    "Table",
    "Tables",
    "Trainer",
    "Type",
    "band",
    "check_shared",
    "column",
    "columns",
    "command",
    "decades",
    "exact",
    "first_below",
    "grid",
    "in_parallel",
    "known",
    "last",
    "load",
    "merged",
    "middle",
    "names",
    "of_values",
    "per_seed",
    "project_of",
    "share",
    "shell_study",
    "slopes",
    "sooner",
    "spread",
    "study",
    "style",
    "template",
    "unknown",
    "write_whole",
]

_OFFERED = {
    # A study, its runs and its project.
    "jobs.functions.grids": ("grid",),
    "jobs.functions.run": ("Run",),
    "jobs.fused.module": ("Data", "Module"),
    "jobs.gpu": ("Repeated", "exact"),
    "jobs.imports": ("project_of",),
    "jobs.origin": ("Origin",),
    "jobs.project": ("Option", "Project"),
    "jobs.spec": ("Spec", "check_shared"),
    "jobs.study": ("Study",),
    "jobs.trainer": ("Trainer",),
    # States and tables that trainers yield.
    "jobs.state": ("State", "Tables", "columns", "merged"),
    "results.schema": ("CORE", "Column", "Table", "Type"),
    "slurm.cores": ("in_parallel",),
    # Figures, and the page that shows them.
    "analysis": ("names", "style"),
    "analysis.bands": ("band", "of_values", "spread"),
    "analysis.figure": ("Figure",),
    "analysis.frames": ("StudyResults",),
    "analysis.labels": ("Labels",),
    "analysis.markup": ("template",),
    "analysis.page": ("Family", "Finding", "Note", "Page", "Section"),
    "analysis.style": ("Line",),
    # Claims, and the effects that they are judged by.
    "analysis.claims.counts": ("Agreement", "Counted", "share"),
    "analysis.claims.intervals": ("CORRELATION", "SHARE", "Median", "Share"),
    "analysis.claims.seeds": (
        "TENTH",
        "UNSEEN",
        "column",
        "decades",
        "first_below",
        "known",
        "last",
        "middle",
        "per_seed",
        "slopes",
        "sooner",
    ),
    "analysis.claims.statement": ("Claim", "Statement"),
    # Commands of a project, its files and errors, and its results.
    "jobs.cli.notebook": ("command",),
    "jobs.cli.options": ("JsonOption", "OutOption"),
    "jobs.errors": ("DataError", "ProjectError"),
    "jobs.sweep": ("SweepError", "unknown"),
    "results.disk": ("write_whole",),
    "results.load": ("load",),
}
"""Names of the door, by the module that has them; two modules as a whole."""
_FROM = {name: module for module, names in _OFFERED.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: a study's file needs no pandas and no torch."""
    if name not in _FROM:
        raise AttributeError(f"module 'jobs' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    try:
        if _FROM[name] == "analysis":
            value = importlib.import_module(f"analysis.{name}")
        else:
            value = getattr(importlib.import_module(_FROM[name]), name)
    except ImportError as error:
        from jobs.rooms import hiding  # noqa: PLC0415 - only where something is wrong

        raise (ImportError(hiding()) if hiding() else error) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return __all__
