"""Hostnames of the nodes' own."""

import subprocess
from pathlib import Path

from slurm.devcluster import hosts
from slurm.devcluster.layout import Layout

BEFORE = "127.0.0.1 localhost\n127.0.0.1 node1 # somebody's\n"


def test_names_come_once_and_go_without_a_trace_of_this_cluster_or_harm_to_another(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text(BEFORE)
    inode = file.stat().st_ino
    one, other = Layout(Path("/a")), Layout(Path("/a-trixie"), "trixie")
    for _ in range(2):
        hosts.announce(one, ["node1-bookworm"], file=file)
    hosts.announce(other, ["node1-trixie"], file=file)
    assert file.read_text() == f"{BEFORE}127.0.0.1 node1-bookworm # /a\n127.0.0.1 node1-trixie # /a-trixie\n"
    hosts.withdraw(one, file=file)
    assert file.read_text() == f"{BEFORE}127.0.0.1 node1-trixie # /a-trixie\n"
    hosts.withdraw(other, file=file)
    assert file.read_text() == BEFORE
    assert file.stat().st_ino == inode


def test_names_that_are_there_are_not_written_again_while_others_may_read_them(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text(BEFORE)
    one, second = Layout(Path("/a")), Layout(Path("/a-second"), second=True)
    hosts.announce(one, [one.hostname("node1")], file=file)
    hosts.announce(second, [second.hostname("node1")], file=file)
    before = file.stat().st_mtime_ns
    hosts.announce(one, [one.hostname("node1")], file=file)
    assert file.stat().st_mtime_ns == before
    assert file.read_text().endswith("node1-bookworm # /a\n127.0.0.1 node1-bookworm-second # /a-second\n")


def test_a_command_has_the_name_and_the_machine_keeps_its_own(private_names: None) -> None:
    before = Path("/proc/sys/kernel/hostname").read_text()
    done = subprocess.run(hosts.renamed("elsewhere", ["hostname"]), capture_output=True, text=True, check=True)
    assert done.stdout == "elsewhere\n"
    assert Path("/proc/sys/kernel/hostname").read_text() == before
