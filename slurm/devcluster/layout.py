"""Layout of a cluster: every path, every port, and its users."""

import os
import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slurm.devcluster import releases

CLUSTER = "hw1dev"
ACCOUNT = "hw1"
USER = "hw1user"

PERMISSIONS = Path("/run/hw1-devcluster-permissions")
"""Permissions of folders before the ordinary user was let in, for all clusters of this machine."""

# Below 32768, where Linux starts to hand out ports to clients.
_PORTS = {"bookworm": 27000, "trixie": 28000}
_SECOND = 2000


def default_root(release: str, *, second: bool = False) -> Path:
    """``$HW1_DEVCLUSTER``, or a folder for temporary files.

    A release other than this machine's has one beside it, and so has a release's second cluster.
    """
    root = Path(os.environ.get("HW1_DEVCLUSTER") or Path(tempfile.gettempdir(), "hw1-devcluster"))
    other = "" if release == releases.of_host() else f"-{release}"
    return root.with_name(f"{root.name}{other}{_suffix(second=second)}")


def _suffix(*, second: bool) -> str:
    return "-second" if second else ""


@dataclass(frozen=True)
class Layout:
    """Every path and port of a cluster; all paths lie under its root."""

    root: Path
    release: str = "bookworm"
    second: bool = False

    @property
    def is_unpacked(self) -> bool:
        """True if its Slurm is another release's than this machine's, unpacked below the root."""
        return self.release != releases.of_host()

    @property
    def debian(self) -> Path:
        """The release's packages, unpacked."""
        return self.root / "debian"

    @property
    def libraries(self) -> Path:
        """Shared libraries of the unpacked packages."""
        return self.debian / "usr" / "lib" / f"{platform.machine()}-linux-gnu"

    @property
    def programs(self) -> Path:
        """Links to the unpacked programs of Slurm, and to nothing else of the release."""
        return self.root / "bin"

    @property
    def controller_port(self) -> int:
        """Port of slurmctld."""
        return self._first_port + 817

    @property
    def database_port(self) -> int:
        """Port of slurmdbd."""
        return self._first_port + 819

    @property
    def mariadb_port(self) -> int:
        """Port of MariaDB."""
        return self._first_port + 306

    def node_port(self, node: str) -> int:
        """Port of the node."""
        return self._first_port + 100 + int(node.removeprefix("node"))

    def hostname(self, node: str) -> str:
        """The node's hostname, where it has one of its own."""
        return f"{node}-{self.release}{_suffix(second=self.second)}"

    @property
    def configuration(self) -> Path:
        """The file that ``SLURM_CONF`` names; the other configuration files lie beside it."""
        return self.root / "etc" / "slurm.conf"

    @property
    def etc(self) -> Path:
        """Configuration, keys, and the options in use."""
        return self.root / "etc"

    @property
    def run(self) -> Path:
        """Files of running daemons."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        """One log a daemon."""
        return self.root / "log"

    @property
    def spool(self) -> Path:
        """State of the controller and of the nodes; without it the queue is empty."""
        return self.root / "spool"

    @property
    def queue(self) -> Path:
        """The controller's jobs; it saves them seconds after its start."""
        return self.spool / "controller" / "job_state"

    @property
    def tables(self) -> Path:
        """MariaDB's data."""
        return self.root / "mariadb"

    @property
    def devices(self) -> Path:
        """The fake GPUs."""
        return self.root / "dev"

    @property
    def shared(self) -> Path:
        """A folder in which every user may write."""
        return self.root / "shared"

    @property
    def munge(self) -> Path:
        """Munge's folder; it must be its own."""
        return self.run / "munge"

    @property
    def munge_socket(self) -> Path:
        """Socket at which daemons and clients prove who they are."""
        return self.munge / "munge.socket"

    @property
    def munge_key(self) -> Path:
        """Only munge reads it."""
        return self.munge / "key"

    @property
    def init_sql(self) -> Path:
        """MariaDB's first commands."""
        return self.etc / "init.sql"

    @property
    def options(self) -> Path:
        """The options that the configuration was written for."""
        return self.etc / "options.json"

    def log(self, daemon: str) -> Path:
        """Its log."""
        return self.logs / f"{daemon}.log"

    @property
    def _first_port(self) -> int:
        return _PORTS[self.release] + _SECOND * self.second
