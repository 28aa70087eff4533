"""The door for notebooks: commands of `hw1` on the studies that a notebook defines."""

import shlex
import sys
from dataclasses import replace

from jobs.cli.app import app
from jobs.cli.mistakes import told
from jobs.cli.settings import settings
from jobs.functions.notebook import pickled
from jobs.imports import project_in


def command(line: str) -> int:
    """Give a command of `hw1`; its project are the studies of `__main__`, which travel to workers as a pickle.

    `command("submit --local")` in a cell trains what the cells above define, and `command("report")` draws the page.

    Args:
        line: What would be typed after `hw1`, read as a shell would; without ``-p``.

    Returns:
        The exit code; a mistake is 2, and one line on stderr.
    """
    try:
        project = project_in(sys.modules["__main__"])
        app(replace(project, origin=pickled(project)), settings(None))(shlex.split(line))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as error:
        said = told(error)
        if said is None:
            raise
        sys.stderr.write(f"hw1: {said}\n")
        return 2
    return 0
