"""What a command on a damaged folder did wrong: how it ended, and what is in the store afterwards."""

import hashlib
import json
import os
import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from jobs.tests.faults import sample
from jobs.tests.faults.commands import Ended
from jobs.tests.faults.sample import Sample

ENDS = ("well", "refused", "traceback", "hang", "crash", "verbose", "wrong", "lost", "changed")
"""How a command ends; from the third on, each is a fault."""
FAULTS = ENDS[2:]

_TRACEBACK = re.compile(r"^Traceback \(most recent call last\)|^\w*(Error|Exception): ", re.MULTILINE)


def ended(found: Ended) -> tuple[str, str]:
    """How a command ended, and the line that tells why."""
    said = (found.stderr + found.stdout).strip().splitlines()
    last = said[-1] if said else ""
    if found.code is None:
        return "hang", f"ran for {found.seconds:.0f} s"
    if _TRACEBACK.search(found.stderr) or _TRACEBACK.search(found.stdout):
        return "traceback", last
    if found.code < 0 or found.code not in {0, 1, 2}:
        return "crash", f"exit code {found.code}: {last}"
    if found.code == 2 and not _in_words(found.stderr):
        return "verbose", f"{len(found.stderr.splitlines())} lines on stderr: {last}"
    return ("refused", last) if found.code == 2 else ("well", last)


def _in_words(text: str) -> bool:
    """True if a mistake is told in one line, or in a line and an indented one for each of several mistakes."""
    first, *more = text.strip().splitlines() or [""]
    return first.startswith("hw1: ") and all(line.startswith("  ") for line in more)


def listed(text: str, made: Sample, own: Collection[str]) -> Iterator[tuple[str, str]]:
    """What `hw1 list --json` says of runs that are done."""
    done = {record["run_id"] for record in json.loads(text) if record["state"] == "done"}
    if missing := made.done - done - set(own):
        yield "lost", f"{len(missing)} runs of other files are not listed as done: {min(missing)}"


def stored(out: Path, made: Sample, own: Collection[str]) -> Iterator[tuple[str, str]]:
    """What the store holds, if it can be read."""
    found = sample.by_run(out)
    wrong = [run_id for run_id, rows in found.items() if rows != made.truth.get(run_id)]
    if wrong:
        yield "wrong", f"{len(wrong)} runs that are done have other numbers: {wrong[0]}"
    if missing := made.done - found.keys() - set(own):
        yield "lost", f"{len(missing)} runs of other files are not done: {min(missing)}"


def tree(out: Path) -> dict[str, str]:
    """Every file, link and folder, with all that a command could change of it."""
    found = {}
    for folder, folders, names in os.walk(out):
        for path in (Path(folder, name) for name in (*folders, *names)):
            try:
                found[str(path.relative_to(out))] = _seen(path)
            except PermissionError:
                found[str(path.relative_to(out))] = "may not be seen"
    return found


def _seen(path: Path) -> str:
    seen = path.lstat()
    whole = stat.S_ISREG(seen.st_mode) and os.access(path, os.R_OK)
    content = hashlib.sha256(path.read_bytes()).hexdigest() if whole else ""
    link = str(path.readlink()) if path.is_symlink() else ""
    return f"{seen.st_mode} {seen.st_ino} {seen.st_mtime_ns} {link} {content}"
