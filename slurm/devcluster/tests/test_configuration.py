"""The text of the configuration files."""

from pathlib import Path
from typing import Any

import pytest

from slurm.devcluster import releases
from slurm.devcluster.configuration import gres_conf, init_sql, slurm_conf, slurmdbd_conf
from slurm.devcluster.layout import Layout
from slurm.devcluster.options import Options
from slurm.devcluster.releases import RELEASES

LAYOUT = Layout(Path("/root-of-it"))


def lines(layout: Layout = LAYOUT, *, own_names: bool = False, **options: Any) -> list[str]:
    return slurm_conf(layout, Options(**options), host="here", own_names=own_names).splitlines()


@pytest.mark.parametrize(
    ("own_names", "hostnames"), [(False, ("here", "here")), (True, ("node1-bookworm", "node2-bookworm"))]
)
def test_every_node_has_a_port_of_its_own_and_a_hostname_where_that_is_possible(
    *, own_names: bool, hostnames: tuple[str, str]
) -> None:
    text = lines(own_names=own_names, nodes=2, cpus=3, memory_mb=500, gpus=1)
    size = "CPUs=3 RealMemory=500 Gres=gpu:a100:1 Feature=gpu_a100_80gb State=UNKNOWN"
    assert [line for line in text if line.startswith("NodeName=")] == [
        f"NodeName=node1 NodeHostname={hostnames[0]} NodeAddr=127.0.0.1 Port=27101 {size}",
        f"NodeName=node2 NodeHostname={hostnames[1]} NodeAddr=127.0.0.1 Port=27102 {size}",
    ]


def test_clusters_of_two_releases_and_a_second_one_of_each_share_no_port_and_use_none_that_linux_hands_out() -> None:
    def ports(release: str, *, second: bool) -> list[int]:
        layout = Layout(LAYOUT.root, release, second)
        nodes = [layout.node_port(node) for node in Options().node_names]
        return [*nodes, layout.controller_port, layout.database_port, layout.mariadb_port]

    found = [port for release in RELEASES for second in (False, True) for port in ports(release, second=second)]
    assert len(found) == len(set(found)) == 28
    assert max(found) < 32768


def test_an_unpacked_slurm_finds_its_own_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "of_host", lambda: "bookworm")
    other = Layout(LAYOUT.root, "trixie")
    assert f"PluginDir={other.libraries}/slurm-wlm" in lines(other)
    assert f"PluginDir={other.libraries}/slurm-wlm" in slurmdbd_conf(other, host="here").splitlines()
    assert not any(line.startswith("PluginDir=") for line in lines())


def test_only_the_low_partition_can_be_preempted_and_after_the_grace_time() -> None:
    partitions = [line for line in lines(grace_s=7) if line.startswith("PartitionName=") and "DEFAULT" not in line]
    assert [line.split()[0] for line in partitions if "PreemptMode=REQUEUE" in line] == ["PartitionName=preempt"]
    assert [line.split()[0] for line in partitions if "GraceTime=7" in line] == ["PartitionName=preempt"]
    assert [line.split()[0] for line in partitions if "Default=YES" in line] == ["PartitionName=work1"]


def test_options_reach_their_lines() -> None:
    text = lines(max_array_size=101, node_timeout_s=9)
    assert {"MaxArraySize=101", "SlurmdTimeout=9", "SlurmctldParameters=preempt_send_user_signal"} <= set(text)
    assert "SlurmctldParameters=preempt_send_user_signal" not in lines(user_signal=False)


def test_without_accounting_memory_limits_remain() -> None:
    text = lines(accounting=False)
    assert "AccountingStorageType=accounting_storage/none" in text
    assert "JobAcctGatherParams=OverMemoryKill" in text
    assert not any("slurmdbd" in line or "Enforce" in line for line in text)


def test_credentials_live_as_short_as_slurm_allows() -> None:
    assert "AuthInfo=socket=/root-of-it/run/munge/munge.socket,cred_expire=5" in lines()


def test_a_gpu_is_a_file_that_ends_in_its_number() -> None:
    files = [line.rpartition("=")[2] for line in gres_conf(LAYOUT, Options(nodes=1, gpus=2)).splitlines()[1:]]
    assert files == ["/root-of-it/dev/nvidia0", "/root-of-it/dev/nvidia1"]
    assert gres_conf(LAYOUT, Options(gpus=0)) == "AutoDetect=off\n"
    assert not any("Gres=" in line for line in lines(gpus=0))


def test_the_database_listens_on_the_loopback_only() -> None:
    text = slurmdbd_conf(LAYOUT, host="here").splitlines()
    assert {"DbdAddr=127.0.0.1", "StorageHost=127.0.0.1", "CommunicationParameters=NoInAddrAny,NoCtldInAddrAny"} <= {
        *text
    }


def test_mariadb_gets_one_statement_a_line() -> None:
    assert all(line.endswith(";") for line in init_sql().splitlines())


@pytest.mark.parametrize("name", ["nodes", "cpus", "max_array_size", "max_submit"])
def test_sizes_below_one_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1, got 0"):
        Options(**{name: 0})
