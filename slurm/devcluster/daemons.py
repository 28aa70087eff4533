"""The daemons of a cluster: how each is started, and when it counts as started."""

import shutil
from collections.abc import Callable, Collection

from slurm.devcluster import hosts, processes
from slurm.devcluster.commands import DevclusterError, output, require_root, wait
from slurm.devcluster.launch import launch
from slurm.devcluster.layout import Layout

_REGISTRATION_S = 60.0
_MARIADB_OPTIONS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-lock-wait-timeout=900",
    "--max-allowed-packet=16M",
    "--performance-schema=OFF",
)


class Daemons:
    """Starts and ends them. Starting one that runs does nothing."""

    def __init__(self, layout: Layout) -> None:
        """Start nothing yet."""
        self._layout = layout
        self.environment = {
            "PATH": f"{layout.programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "SLURM_CONF": str(layout.configuration),
        }

    def runs(self, daemon: str) -> bool:
        """True if it does."""
        return bool(processes.of_daemon(self._layout, daemon))

    def stop(self, daemon: str) -> None:
        """Ask it to end and wait until it has."""
        require_root()
        processes.stop(lambda: processes.of_daemon(self._layout, daemon))

    def kill(self, daemon: str) -> None:
        """Kill -9 it."""
        require_root()
        processes.kill(lambda: processes.of_daemon(self._layout, daemon))

    def kill_node(self, node: str) -> None:
        """Power loss: kill -9 everything that runs on the node."""
        require_root()
        processes.kill(lambda: processes.of_node(self._layout, node))

    def start_munge(self) -> None:
        """By it daemons and clients prove who they are."""
        layout = self._layout
        if self.runs("munge"):
            return
        command = [
            "munged",
            f"--key-file={layout.munge_key}",
            f"--socket={layout.munge_socket}",
            f"--pid-file={layout.munge}/pid",
            f"--seed-file={layout.munge}/seed",
            f"--log-file={layout.munge}/log",
            "--num-threads=2",
        ]
        layout.munge_socket.unlink(missing_ok=True)
        self._launch("munge", *command, is_ready=layout.munge_socket.exists, user="munge")

    def start_mariadb(self) -> None:
        """The database that slurmdbd keeps its tables in."""
        layout = self._layout
        if not (layout.tables / "mysql").exists():
            shutil.rmtree(layout.tables, ignore_errors=True)
            owner = ("--no-defaults", f"--datadir={layout.tables}", "--user=mysql")
            output("mariadb-install-db", *owner, "--skip-test-db", "--skip-name-resolve", environment=self.environment)
        command = [
            # It does not go to the background by itself.
            *("setsid", "--fork", "mariadbd", "--no-defaults", "--user=mysql"),
            f"--datadir={layout.tables}",
            f"--socket={layout.tables}/socket",
            f"--pid-file={layout.tables}/pid",
            f"--port={layout.mariadb_port}",
            f"--init-file={layout.init_sql}",
            *_MARIADB_OPTIONS,
        ]
        self._launch("mariadb", *command, port=layout.mariadb_port)

    def start_slurmdbd(self) -> None:
        """The accounting, which sacct asks."""
        self._launch("slurmdbd", "slurmdbd", port=self._layout.database_port)

    def start_slurmctld(self) -> None:
        """The controller."""
        self._launch("slurmctld", "slurmctld", port=self._layout.controller_port, is_ready=self._answers)

    def start_node(self, node: str) -> None:
        """A node. It is there before the controller knows of it."""
        layout = self._layout
        (layout.spool / node).mkdir(parents=True, exist_ok=True)
        command = ["slurmd", "-N", node, *(["-d", str(layout.programs / "slurmstepd")] if layout.is_unpacked else [])]
        if hosts.separable():
            command = hosts.renamed(layout.hostname(node), command)
        self._launch(node, *command, port=layout.node_port(node))

    def wait_for_nodes(self, nodes: Collection[str]) -> None:
        """Return once the nodes take jobs. The controller must run.

        Raises:
            DevclusterError: If they do not in time.
        """
        states = ("--responding", "--states=idle,mixed,allocated")
        usable = ("sinfo", "--noheader", "--Node", *states, "--format=%N")
        wait(
            lambda: set(nodes) <= set(output(*usable, environment=self.environment).split()),
            timeout_s=_REGISTRATION_S,
            failure=lambda: f"not all nodes take jobs:\n{output('sinfo', '-Nl', environment=self.environment)}",
        )

    def _answers(self) -> bool:
        try:
            return " UP" in output("scontrol", "ping", environment=self.environment)
        except DevclusterError:
            return False

    def _launch(
        self,
        daemon: str,
        *command: str,
        port: int | None = None,
        is_ready: Callable[[], bool] | None = None,
        user: str | None = None,
    ) -> None:
        environment = self.environment
        launch(self._layout, daemon, list(command), environment=environment, port=port, is_ready=is_ready, user=user)
