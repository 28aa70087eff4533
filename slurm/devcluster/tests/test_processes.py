"""Which processes are a node's."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from slurm.devcluster import hosts, processes
from slurm.devcluster.layout import Layout

ORPHAN = "env -i sleep 300 >/dev/null & echo $!"


def test_a_power_loss_ends_what_has_neither_the_nodes_environment_nor_a_living_parent(
    private_names: None, tmp_path: Path
) -> None:
    layout = Layout(tmp_path)
    command = hosts.renamed("node1-here", ["sh", "-c", f"sh -c '{ORPHAN}'; exec sleep 300"])
    mark = os.environ | processes.mark(layout, "node1")
    with subprocess.Popen(command, env=mark, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        orphan = int(daemon.stdout.readline())
        try:
            assert {daemon.pid, orphan} <= processes.of_node(layout, "node1")
            assert os.getpid() not in processes.of_node(layout, "node1")
            assert not processes.of_node(layout, "node2")
            processes.kill(lambda: processes.of_node(layout, "node1"))
            assert not Path(f"/proc/{orphan}/exe").exists()
        finally:
            daemon.kill()
            with suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
    assert daemon.returncode == -signal.SIGKILL


def test_processes_of_any_cluster_are_those_of_all_roots(tmp_path: Path) -> None:
    mark = os.environ | processes.mark(Layout(tmp_path), "munge")
    with subprocess.Popen(["sleep", "300"], env=mark) as daemon:
        assert daemon.pid in processes.of_any_cluster()
        daemon.kill()
    assert daemon.pid not in processes.of_any_cluster()


def test_a_process_is_known_while_it_starts_another_program(tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.write_text('[ "$1" = 0 ] && exec sleep 300; exec sh "$0" $(($1 - 1))\n')
    mark = os.environ | processes.mark(Layout(tmp_path), "munge")
    with subprocess.Popen(["sh", again, "1000"], env=mark) as daemon:
        try:
            while "sleep" not in Path(f"/proc/{daemon.pid}/cmdline").read_text():
                assert daemon.pid in processes.of_daemon(Layout(tmp_path), "munge")
        finally:
            daemon.kill()
