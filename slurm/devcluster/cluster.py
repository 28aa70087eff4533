"""The cluster as a whole."""

import json
import logging
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from slurm.devcluster import access, hosts, processes, releases, startup, user
from slurm.devcluster.commands import DevclusterError, output, require_root
from slurm.devcluster.daemons import Daemons
from slurm.devcluster.layout import Layout, default_root
from slurm.devcluster.options import Options

_log = logging.getLogger(__name__)


class Cluster:
    """A Slurm on this machine. All but looking at it needs root."""

    def __init__(self, root: Path | None = None, *, release: str | None = None, second: bool = False) -> None:
        """The cluster of the release that lies at the root, running or not; or a second one beside it.

        Raises:
            ValueError: If no cluster can be made of the release.
        """
        release = releases.checked(release or releases.chosen())
        self.release = release
        self._layout = Layout((root or default_root(release, second=second)).absolute(), release, second)
        self._daemons = Daemons(self._layout)
        self.shared = self._layout.shared

    @property
    def second(self) -> "Cluster":
        """The second cluster of its release, running or not."""
        return Cluster(release=self.release, second=True)

    @property
    def options(self) -> Options | None:
        """Options that it was last brought up with, if it ever was."""
        path = self._layout.options
        return Options(**json.loads(path.read_text())) if path.exists() else None

    @property
    def is_up(self) -> bool:
        """True if all its daemons run. Only root can tell."""
        daemons = self.daemons()
        return bool(daemons) and all(daemons.values())

    @property
    def is_brought_up(self) -> bool:
        """True from ``up`` to ``down``, whatever somebody did to its daemons meanwhile. Only root can tell."""
        return self._daemons.runs("munge")

    def daemons(self) -> dict[str, bool]:
        """True if each runs."""
        options = self.options
        if options is None:
            return {}
        database = ["mariadb", "slurmdbd"] if options.accounting else []
        return {name: self._daemons.runs(name) for name in ("munge", *database, "slurmctld", *options.node_names)}

    def up(self, options: Options | None = None) -> None:
        """Bring it up; whatever runs already goes on. With other options than last time the queue is emptied.

        Raises:
            DevclusterError: If it cannot; the message says why.
        """
        options = options or Options()
        require_root()
        if self.options not in {None, options}:
            self.restart(options)
        elif self.is_up:
            _log.info("already up")
        else:
            startup.start(self._layout, self._daemons, options)

    def restart(self, options: Options | None = None) -> None:
        """Bring it up with an empty queue and no history, as after a first ``up``. The database goes on running.

        Raises:
            DevclusterError: If it cannot; the message says why.
        """
        require_root()
        self._end_jobs()
        shutil.rmtree(self._layout.spool, ignore_errors=True)
        startup.start(self._layout, self._daemons, options or self.options or Options())

    def down(self) -> None:
        """End its daemons and its jobs, and close what was opened to the ordinary user. Queue and history stay."""
        require_root()
        self._end_jobs()
        for daemon in ("slurmdbd", "mariadb", "munge"):
            self._daemons.stop(daemon)
        processes.kill(lambda: processes.of_cluster(self._layout))
        if hosts.separable():
            hosts.withdraw(self._layout)
        if not processes.of_any_cluster():
            access.revoke()
        _log.info("down")

    def stop_controller(self, *, kill: bool = False) -> None:
        """End slurmctld in order, or kill -9 it."""
        (self._daemons.kill if kill else self._daemons.stop)("slurmctld")

    def start_controller(self) -> None:
        """Start slurmctld and wait until it answers."""
        self._daemons.start_slurmctld()

    def stop_database(self) -> None:
        """End slurmdbd, so that sacct fails. MariaDB goes on."""
        self._daemons.stop("slurmdbd")

    def start_database(self) -> None:
        """Start slurmdbd again."""
        self._daemons.start_mariadb()
        self._daemons.start_slurmdbd()

    def kill_node(self, n: int) -> None:
        """Power loss of a node: kill -9 everything that runs on it."""
        self._daemons.kill_node(self._node_name(n))

    def start_node(self, n: int) -> None:
        """Switch a node on; it is usable once it has registered."""
        self._daemons.start_node(self._node_name(n))

    def resume(self) -> None:
        """Make drained and down nodes usable again, if they run."""
        bad = self.slurm("sinfo", "--noheader", "--Node", "--states=down,drain,fail", "--format=%N").split()
        nodes = {node for node in bad if self._daemons.runs(node)}
        for node in nodes:
            self.slurm("scontrol", "update", f"NodeName={node}", "State=RESUME")
        self._daemons.wait_for_nodes(nodes)

    def slurm(self, *command: str) -> str:
        """Output of a command of Slurm's, asked as root."""
        return output(*command, environment=self._daemons.environment)

    def environment(self) -> dict[str, str]:
        """The environment of the ordinary user's commands."""
        return user.environment(self._layout)

    def start(
        self, command: Sequence[str], *, cwd: Path | None = None, extra_environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a command as the ordinary user. It leads a process group; its output is in pipes."""
        return user.start(command, environment=self.environment() | dict(extra_environment or {}), cwd=cwd)

    def run(
        self,
        command: Sequence[str],
        *,
        timeout_s: float,
        cwd: Path | None = None,
        extra_environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the ordinary user, whatever its exit code.

        Raises:
            subprocess.TimeoutExpired: If it takes longer; it and its process group are then dead.
        """
        environment = self.environment() | dict(extra_environment or {})
        return user.run(command, environment=environment, cwd=cwd, timeout_s=timeout_s)

    def _end_jobs(self) -> None:
        """End the controller in order, then switch the nodes off."""
        self._daemons.stop("slurmctld")
        for node in (self.options or Options()).node_names:
            self._daemons.kill_node(node)

    def _node_name(self, n: int) -> str:
        names = (self.options or Options()).node_names
        if not 1 <= n <= len(names):
            raise DevclusterError(f"`n` must be a node from 1 to {len(names)}, got {n}")
        return names[n - 1]
