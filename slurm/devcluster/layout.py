"""Where everything of a cluster lies, and who is who in it."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

CLUSTER = "hw1dev"
ACCOUNT = "hw1"
USER = "hw1user"

# Below 32768, where Linux starts to hand out ports to clients.
CONTROLLER_PORT = 27817
DATABASE_PORT = 27819
MARIADB_PORT = 27306
_NODE_PORT = 27100


def node_port(node: str) -> int:
    """Where the node listens."""
    return _NODE_PORT + int(node.removeprefix("node"))


def default_root() -> Path:
    """``$HW1_DEVCLUSTER``, or a folder for temporary files."""
    return Path(os.environ.get("HW1_DEVCLUSTER") or Path(tempfile.gettempdir(), "hw1-devcluster"))


@dataclass(frozen=True)
class Layout:
    """Every path of a cluster; all lie under its root."""

    root: Path

    @property
    def configuration(self) -> Path:
        """What ``SLURM_CONF`` names; the other configuration files lie beside it."""
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
        """Where daemons and clients prove who they are."""
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

    @property
    def permissions(self) -> Path:
        """What the permissions of folders were before the ordinary user was let in."""
        return self.etc / "permissions"

    def log(self, daemon: str) -> Path:
        """Its log."""
        return self.logs / f"{daemon}.log"
