"""Users of one machine who share a group, as the kernel sees them; see also `slurm.tests.users`."""

import os
import pwd
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slurm.tests.users import PROJECT

_ALICE = 54_320


@dataclass(frozen=True)
class Person:
    """Types commands, with a home that is theirs alone, and lets the group write what they make."""

    uid: int
    home: Path

    def run(self, *command: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command, whatever its exit code."""
        own = {"HOME": str(self.home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        own |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
        return subprocess.run(
            [*map(str, command)],
            user=self.uid,
            group=self.uid,
            extra_groups=[PROJECT],
            umask=0o002,
            cwd=self.home,
            env=own | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def python(self, text: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run lines of Python."""
        return self.run(sys.executable, "-c", text, *arguments)

    def hw1(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Type a command of `hw1`."""
        return self.python("from jobs.cli.app import main; main()", *arguments)

    def folder(self, path: Path) -> Path:
        """A folder of theirs that the group may write in, whose files are the group's."""
        path.mkdir()
        os.chown(path, self.uid, PROJECT)
        path.chmod(0o2775)
        return path


def alice(home: Path) -> Person | None:
    """The test cluster's user where there is one; None if no ordinary user can run this Python."""
    uids = [entry.pw_uid for entry in pwd.getpwall() if entry.pw_name == "hw1user"]
    found = Person(uids[0] if uids else _ALICE, home)
    found.folder(home).chmod(0o755)
    return found if found.python("import jobs").returncode == 0 else None


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Whose each file below a folder is, and what is in it."""
    paths = [Path(at, name) for at, _, names in os.walk(folder) for name in names]
    return {str(path): (path.lstat().st_uid, path.read_bytes()) for path in paths if path.is_file()}
