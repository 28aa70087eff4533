"""Projects of a notebook: what was defined there has no file, and travels as a pickle."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.origin import Origin

if TYPE_CHECKING:
    from jobs.project import Project


def pickled(project: "Project") -> Origin:
    """The project as an origin that a worker loads, with the code that `__main__` defines."""
    import cloudpickle  # noqa: PLC0415 - only for notebooks

    where = Path(getattr(sys.modules["__main__"], "__file__", None) or "notebook").absolute()
    return Origin(
        kind="pickle",
        where=str(where),
        folder=str(where.parent),
        content=cloudpickle.dumps(project),
    )
