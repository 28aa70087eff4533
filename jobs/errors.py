"""Errors of what a run is made of and of its surroundings, which are no fault of the run."""


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
