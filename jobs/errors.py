"""Errors of what a run is made of and of its surroundings, which are no fault of the run."""


class DataError(ValueError):
    """A file that runs read, or a library, is missing or damaged; the message says which, and what to do."""


class ProjectError(ValueError):
    """A project cannot be found or loaded, or is wrong; the message says where and what would be right."""


_OF_TRAIN = frozenset({"torch", "torchvision"})


def remedy(library: str | None) -> str:
    """What to type where this library is missing; empty if no extra of ours has it.

    >>> remedy("torch")
    "`pip install 'hw1[train]'` installs it"
    """
    return "`pip install 'hw1[train]'` installs it" if (library or "").partition(".")[0] in _OF_TRAIN else ""
