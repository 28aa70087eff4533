"""Commands as a user types them, in this process: in one of its own each would import everything again."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from hw1.project import PROJECT
from jobs.cli.app import app, main
from jobs.cli.settings import Settings

APP = app(PROJECT, Settings())
"""The commands of the report."""


def hw1(
    *arguments: str, out: Path | None = None, stdout: io.StringIO | io.TextIOWrapper | None = None
) -> "CompletedProcess[str]":
    """Output and exit code of `hw1`; what goes to another ``stdout`` is left there."""
    where = ["--out", str(out)] if out is not None else []
    stdout, stderr = io.StringIO() if stdout is None else stdout, io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
        patch.setattr(sys, "argv", ["hw1", *arguments, *where])
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    assert code is None or isinstance(code, int)
    printed = stdout.getvalue() if isinstance(stdout, io.StringIO) else ""
    return CompletedProcess(arguments, code or 0, printed, stderr.getvalue())


NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user who owns nothing, as far as files are concerned; what is imported must have been before."""
    if os.geteuid() != 0:
        pytest.skip("being somebody else takes root")
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
