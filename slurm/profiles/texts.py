"""Texts that a profile may hold, so that nothing in it adds a line to a script or breaks one."""

import getpass
import os
import re
import shlex
import shutil
import subprocess
import unicodedata
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

_BREAKS = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's categories of control characters, surrogates, and line and paragraph separators."""

_SHELL = re.compile(r"[$`;&|<>\\]|(^|[\s=:,])~")
"""Characters that a shell would expand or take for its own, and nobody does in the words of a container."""

_CLEANED = {"-e", "-C", "--cleanenv", "--containall"}
"""Options of Apptainer that keep the environment from a task, which says which one it is."""


def _filled(text: str) -> str:
    """The text with the user's name and home folder in their places."""
    if "{user}" in text:
        try:
            text = text.replace("{user}", getpass.getuser())
        except (OSError, KeyError):
            raise ValueError(f"has {{user}}, but uid {os.getuid()} has no name on this machine: set $USER") from None
    if "{home}" in text:
        try:
            text = text.replace("{home}", str(Path.home()))
        except RuntimeError:
            raise ValueError(f"has {{home}}, but uid {os.getuid()} has no home folder: set $HOME") from None
    return text


def _one_line(text: str) -> str:
    if any(unicodedata.category(letter) in _BREAKS for letter in text):
        raise ValueError("must be one line without control characters")
    return text


def _flag(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.,:/@%+=()|&!*\[\]-]*", text) or text.startswith("-"):
        raise ValueError("must be letters, digits and _.,:/@%+=()|&!*[]- with no dash in front")
    return text


def _words(text: str) -> str:
    if "\\" in text:
        raise ValueError("must be text without \\")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"([A-Za-z0-9_.][A-Za-z0-9_.-]*)?", text):
        raise ValueError("must be letters, digits and _.- with no dash in front")
    return text


def _program(text: str) -> str:
    if not (text.startswith("/") or re.fullmatch(r"([A-Za-z0-9_.+][A-Za-z0-9_.+-]*)?", text)):
        raise ValueError("must be an absolute path or the name of a command, without arguments")
    return text


def _container(text: str) -> str:
    if _SHELL.search(text):
        raise ValueError("must be a command and its arguments, without what a shell expands: write {user} and {home}")
    try:
        words = shlex.split(text)
        _program(words[0] if words or not text else "-")
    except ValueError:
        raise ValueError("must be a command and its arguments, each quote closed") from None
    except IndexError:
        return ""
    unheard = _CLEANED.intersection(words)
    if Path(words[0]).name in {"apptainer", "singularity"} and unheard:
        raise ValueError(f"must hand the environment on to the task: leave out {min(unheard)}")
    return text


def _root(text: str) -> str:
    if text and (not text.startswith("/") or "{" in text or "}" in text):
        raise ValueError("must be an absolute path, with {user} and {home} as its only placeholders")
    return text


def _shell_line(text: str) -> str:
    if text.lstrip().startswith("#SBATCH"):
        raise ValueError("must not be an #SBATCH line: the profile's fields are for those")
    if not _is_whole(text):
        raise ValueError("must be a complete shell command on one line")
    return text


@cache
def _is_whole(text: str) -> bool:
    """True if bash reads the line as complete: an open quote, an `if` or a here-document would take in what follows.

    A profile is read where scripts for bash are made, so without bash nothing is whole.
    """
    bash = shutil.which("bash")
    if bash is None or (len(text) - len(text.rstrip("\\"))) % 2:
        return False
    # Without variables, so that no BASH_ENV is read and no complaint about a locale is taken for one about the line.
    read = subprocess.run([bash, "-n"], input=f"{text}\n".encode(), capture_output=True, check=False, env={})  # noqa: S603 - with -n nothing is run
    return read.returncode == 0 and not read.stderr


def masked(address: str) -> str:
    """An address without what may be a secret: its scheme, host and port."""
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "…"
    return f"{parts.scheme}://{parts.hostname}{port}/…" if parts.scheme and parts.hostname else "…"


def _address(text: str) -> str:
    """An address to post to.

    Raises:
        ValueError: If it is none; does not say it.
    """
    is_one = re.fullmatch(r"https?://[!-~]+", text) and "@" not in text and masked(text) != "…"
    if text and not is_one:
        raise ValueError("must be an address that begins with https:// or http://, in ASCII and without a password")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
"""Any text on one line."""
Filled = Annotated[str, AfterValidator(_filled), AfterValidator(_one_line)]
"""Text on one line in which {user} and {home} are filled in."""
Flag = Annotated[Filled, AfterValidator(_flag)]
"""The value of an sbatch flag."""
Words = Annotated[Filled, AfterValidator(_words)]
"""The value of an sbatch flag that may be a sentence, such as a comment."""
Name = Annotated[Line, AfterValidator(_name)]
Program = Annotated[Filled, AfterValidator(_program)]
Container = Annotated[Filled, AfterValidator(_container)]
Root = Annotated[Filled, AfterValidator(_root)]
Address = Annotated[Line, AfterValidator(_address)]
ShellLine = Annotated[Line, AfterValidator(_shell_line)]
