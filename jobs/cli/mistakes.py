"""Errors that are told in one line, since the user can do something about them; others keep their traceback."""

from jobs.errors import remedy
from jobs.rooms import RESERVED
from results.plain import plain

TOLD = frozenset(
    {
        "DataError",
        "FolderError",
        "NothingCollected",
        "ProfileError",
        "ProjectError",
        "SlurmError",
        "StoreError",
        "SweepError",
        "UnsafeFolderError",
    }
)
"""Classes of ours by name, so that telling one imports nothing: memory and time may be what is short."""


def told(error: Exception) -> str | None:
    """The line that tells the user of an error; None if it is one of the program's own."""
    text = str(error)
    if isinstance(error, OSError):
        text = ": ".join(str(part) for part in (error.filename, error.strerror) if part) or text
    elif isinstance(error, MemoryError):
        text = f"there is not enough memory: {text}".removesuffix(": ")
    elif isinstance(error, ModuleNotFoundError) and (how := remedy(error.name)):
        text = f"{error.name} is not installed: {how}"
    elif isinstance(error, RecursionError):
        text = f"something is nested too deeply: {text}"
    elif "can't start new thread" in text or "Failed to launch worker thread" in text:  # Python's words, and Arrow's
        text = "the system starts no more threads: is there a limit on processes (`ulimit -u`)?"
    elif not any(
        kind.__name__ in TOLD and kind.__module__.partition(".")[0] in RESERVED for kind in type(error).__mro__
    ):
        return None
    return plain(text, lines=type(error).__name__ == "ProfileError")  # which lists mistakes, a line each
