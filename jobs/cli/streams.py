"""Standard streams that take any text, whatever they are connected to."""

import codecs
import os
import re
import sys
from io import TextIOWrapper
from pathlib import Path

_PLAINER = {"→": ">", "–": "-", "−": "-", "·": ".", "×": "x", "…": "~", "ᵀ": "T", "²": "2", "‖": "|"}
"""For streams that are ASCII, of the same width; what else they cannot take is spelled out."""
_SIZE = re.compile(r"[1-9][0-9]{1,3}", re.ASCII)


def prepare() -> None:
    """Open streams that are closed, let them take every character, and ignore sizes that are none.

    A closed stream's number would be given to the next file that is opened, and what a library or a child process
    prints would be written into that file.
    """
    for number in range(3):
        _ensure_open(number)
    sys.stdout = sys.stdout or _null()
    sys.stderr = sys.stderr or _null()
    codecs.register_error("plainer", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="plainer")
    for name in ("COLUMNS", "LINES"):
        if not _SIZE.fullmatch(os.environ.get(name, "80")):
            del os.environ[name]


def flush() -> None:
    """Write out what is left of standard output. If that fails, the rest goes nowhere, and cannot fail again at exit.

    Raises:
        OSError: If it takes no more: its disk is full, or its reader has gone.
    """
    try:
        sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
        raise


def _ensure_open(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one


def _null() -> TextIOWrapper:
    return Path(os.devnull).open("w", encoding="utf-8")


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    spelled = (_PLAINER.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text)
    return "".join(spelled), error.end
