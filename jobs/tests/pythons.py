"""Every Python that we promise: set-up from nothing, `make smoke`, and the front page's study, in a fresh clone each.

Run `python -m jobs.tests.pythons python3.11 python3.12 …`; prints seconds and what failed. Each clone is of the last
commit. `--root FOLDER` takes the interpreters from another system's root (a Debian made by debootstrap, entered with
chroot, as root), for a Python that this one does not have.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
STEPS: Mapping[str, Sequence[str]] = {
    "set up": ("make", "setup"),
    "smoke": ("make", "smoke"),
    "front page": (".venv/bin/pytest", "-q", "-n", "0", "jobs/tests/test_readme.py"),
}


def tried(python: str, folder: Path, root: Path | None) -> bool:
    """Clone into the folder, which is below the root, and take every step with this Python; prints a line each."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    inside = Path("/") / clone.relative_to(root) if root else clone
    enter = ["chroot", str(root)] if root else []
    for name, step in STEPS.items():
        began = time.monotonic()
        words = shlex.join([*step, f"PYTHON={python}"] if step[0] == "make" else step)
        command = [*enter, "bash", "-c", f"cd {shlex.quote(str(inside))} && {words}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
        said = "ok" if done.returncode == 0 else f"failed\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        print(f"{python:12} {name:12} {time.monotonic() - began:6.1f} s  {said}", flush=True)
        if done.returncode:
            return False
    return True


def _environment() -> dict[str, str]:
    """Nothing of an environment that this process may be in."""
    own = ("VIRTUAL_ENV", "PYTEST", "PYTHON")
    left = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {**left, "HW1_CI": "1"}


def main() -> None:
    """Try every Python; exit code 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="+")
    parser.add_argument("--root", type=Path)
    given = parser.parse_args()
    below = given.root / "tmp" if given.root else None
    failed = []
    for python in given.pythons:
        folder = Path(tempfile.mkdtemp(prefix="pythons-", dir=below))
        try:
            if not tried(python, folder, given.root):
                failed.append(python)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
