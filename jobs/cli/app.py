"""The command line `hw1`: thin commands over the rooms."""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer

from jobs.cli import streams
from jobs.cli.claims_commands import settle
from jobs.cli.commands import list_, plan, status, submit
from jobs.cli.fuse_commands import fuse
from jobs.cli.mistakes import told
from jobs.cli.options import VersionOption
from jobs.cli.page_commands import collect, report
from jobs.cli.selection import selecting
from jobs.cli.settings import Settings, settings
from jobs.cli.study_commands import init, run
from jobs.cli.sweep_commands import cancel, clean, logs, profiles, retry
from jobs.cli.table_commands import export, table
from jobs.imports import project_of
from jobs.project import Project

ProjectOption = Annotated[
    str | None,
    typer.Option(
        "-p",
        "--project",
        help="A project: a Python file, a package, or an installed project's name.",
        metavar="FILE|NAME",
    ),
]
_SHORT = {
    "list": "Every run and its state.",
    "plan": "What is pending, as tasks with minutes and memory.",
    "submit": "Train what is pending, here or on a cluster.",
    "settle": "Train the seeds that open claims need, in rounds.",
    "status": "How far the runs are, and what failed and why.",
    "collect": "Compact what workers wrote into one file a table.",
    "report": "Draw the figures and write the page.",
    "table": "Means and 95% intervals of every metric.",
    "export": "The runs as csv, parquet or latex, or for a tracker.",
    "logs": "The log of a run or a task.",
    "cancel": "Take runs back from Slurm.",
    "retry": "Make failed runs pending again.",
    "clean": "Remove files of old submissions.",
    "run": "Train one run in this process, for a debugger.",
    "fuse": "How modules train as stacks, and how fast.",
    "profiles": "The clusters that can be submitted to.",
    "init": "Write a study that runs at once.",
}
"""Short enough for the list of commands in 80 columns; a command's own help says more."""
_SELECTING: dict[str, Callable[..., Any]] = {
    "list": list_,
    "plan": plan,
    "submit": submit,
    "settle": settle,
    "status": status,
    "collect": collect,
    "report": report,
    "table": table,
    "export": export,
    "logs": logs,
    "cancel": cancel,
    "retry": retry,
    "clean": clean,
    "run": run,
    "fuse": fuse,
}


def app(project: Project, given: Settings) -> typer.Typer:
    """The commands of a project."""
    made = typer.Typer(
        name="hw1",
        help=f"{project.title or project.name}: every run trained once, anywhere; then tables, figures, a page.\n\n"
        "Begin with: hw1 submit --local --smoke, then hw1 report --smoke.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    made.callback()(hw1)
    for name, command in _SELECTING.items():
        made.command(name, short_help=_SHORT[name])(selecting(project, given)(command))
    others: tuple[Callable[..., Any], ...] = (profiles, init, *project.commands)
    for command in others:
        made.command(short_help=_SHORT.get(command.__name__) or _sentence(command))(command)
    return made


def _sentence(command: Callable[..., Any]) -> str:
    """The first words of a command's help, up to a mark between its parts."""
    return re.split(r"[;,.]", (command.__doc__ or "").strip(), maxsplit=1)[0] + "."


def hw1(*, version: VersionOption = False, project: ProjectOption = None) -> None:
    """Options that need no command; the project is loaded before them, since it has options of its own."""


def typed_project(words: Sequence[str]) -> str | None:
    """The project that was typed before the command, if one was."""
    for k, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in {"-p", "--project"}:
            return value if equals else next(iter(words[k + 1 :]), None)
        if word.startswith("-p") and not word.startswith("--"):
            return word[2:]
        if not word.startswith("-"):
            return None
    return None


def main() -> None:
    """Run the command line; a mistake of the user's, or what the system refuses, is one line and exit code 2."""
    streams.prepare()
    try:
        code = _exit_code()
        streams.flush()
    except BrokenPipeError:  # nobody reads on, as in `hw1 list | head`
        code = 1
    except Exception as error:
        said = told(error)
        if said is None:
            raise
        typer.echo(f"hw1: {said}", err=True)
        code = 2
    with suppress(OSError):
        streams.flush()
    sys.exit(code)


def _exit_code() -> str | int | None:
    try:
        given = settings(typed_project(sys.argv[1:]))
        app(project_of(given.project, given.folder), given)()
    except SystemExit as end:
        return end.code
    return 0
