"""Errors of what a run is made of and of its surroundings, which are no fault of the run."""

from pathlib import Path


class DataError(ValueError):
    """A file that runs read, or a library, is missing or damaged; the message says which, and what to do."""


class ProjectError(ValueError):
    """A project cannot be found or loaded, or is wrong; the message says where and what would be right."""


_EXTRAS = {
    **dict.fromkeys(("torch", "torchvision"), "train"),
    **dict.fromkeys(("mlflow", "sqlalchemy", "alembic"), "mlflow"),
    "wandb": "wandb",
}
"""The extra of ours that brings a library."""


def remedy(library: str | None) -> str:
    """Command that installs this library where it is missing; empty if no extra of ours has it.

    >>> remedy("torch")
    "`pip install 'hw1[train]'` installs it"
    """
    extra = _EXTRAS.get((library or "").partition(".")[0])
    return f"`pip install 'hw1[{extra}]'` installs it" if extra else ""


def located(error: BaseException) -> str:
    """The error in one line, with the user's line that raised it."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f" ({Path(last.tb_frame.f_code.co_filename).name}, line {last.tb_lineno})" if last is not None else ""
    if isinstance(error, SyntaxError):
        place = f" ({Path(error.filename or '').name}, line {error.lineno})"
        return f"SyntaxError: {error.msg}{place}"
    how = remedy(error.name) if isinstance(error, ModuleNotFoundError) else ""
    return f"{type(error).__name__}: {error}{place}{f'; {how}' * bool(how)}"
