"""What text a profile may hold, so that nothing in it adds a line to a script or breaks one."""

import re
import shutil
import subprocess
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

_BREAKS = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's categories of control characters, surrogates, and line and paragraph separators."""


def _one_line(text: str) -> str:
    if any(unicodedata.category(letter) in _BREAKS for letter in text):
        raise ValueError("must be one line without control characters")
    return text


def _flag(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.,:/@%+=()|&!*\[\]-]*", text) or text.startswith("-"):
        raise ValueError("must be letters, digits and _.,:/@%+=()|&!*[]- with no dash in front")
    return text


def _gpu_type(text: str) -> str:
    if not re.fullmatch(r"([A-Za-z0-9_.][A-Za-z0-9_.-]*)?", text):
        raise ValueError("must be letters, digits and _.- with no dash in front")
    return text


def _program(text: str) -> str:
    if not (text.startswith("/") or re.fullmatch(r"([A-Za-z0-9_.+][A-Za-z0-9_.+-]*)?", text)):
        raise ValueError("must be an absolute path or the name of a command, without arguments")
    return text


def _root(text: str) -> str:
    path = text.replace("{user}", "user").replace("{home}", "/home")
    if text and (not path.startswith("/") or "{" in path or "}" in path):
        raise ValueError("must be an absolute path, with {user} and {home} as its only placeholders")
    return text


def _shell_line(text: str) -> str:
    if text.lstrip().startswith("#SBATCH"):
        raise ValueError("must not be an #SBATCH line: the profile's fields are for those")
    if not _is_whole(text):
        raise ValueError("must be a complete shell command on one line")
    return text


def _is_whole(text: str) -> bool:
    """Whether bash reads the line as complete: an open quote, an `if` or a here-document would take in what follows.

    A profile is read where scripts for bash are made, so without bash nothing is whole.
    """
    bash = shutil.which("bash")
    if bash is None or (len(text) - len(text.rstrip("\\"))) % 2:
        return False
    # Without variables, so that no BASH_ENV is read and no complaint about a locale is taken for one about the line.
    read = subprocess.run([bash, "-n"], input=f"{text}\n".encode(), capture_output=True, check=False, env={})  # noqa: S603 - with -n nothing is run
    return read.returncode == 0 and not read.stderr


Line = Annotated[str, AfterValidator(_one_line)]
"""Any text on one line."""
Flag = Annotated[Line, AfterValidator(_flag)]
"""The value of an sbatch flag."""
GpuType = Annotated[Line, AfterValidator(_gpu_type)]
Program = Annotated[Line, AfterValidator(_program)]
Root = Annotated[Line, AfterValidator(_root)]
ShellLine = Annotated[Line, AfterValidator(_shell_line)]
