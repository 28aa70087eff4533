"""Another release's Slurm, unpacked."""

from pathlib import Path

import pytest

from slurm.devcluster import unpacking
from slurm.devcluster.commands import DevclusterError
from slurm.devcluster.layout import Layout

DUMP = """
Acquire "";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http "";
Acquire::http::Proxy "http://cache.example:3142";
Acquire::https::Proxy::packages.example "DIRECT";
Acquire::http::Timeout "";
"""


def test_the_machines_proxies_and_retries_are_carried_and_nothing_else() -> None:
    assert unpacking._CARRIED.findall(DUMP) == [
        'Acquire::Retries "3";',
        'Acquire::http::Proxy "http://cache.example:3142";',
        'Acquire::https::Proxy::packages.example "DIRECT";',
    ]


def test_what_is_unpacked_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(tmp_path, "trixie")
    layout.programs.mkdir()
    monkeypatch.setenv("PATH", "")
    unpacking.unpack(layout)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_what_could_not_be_unpacked_whole_is_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(tmp_path, "trixie")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DevclusterError, match="No such file"):
        unpacking.unpack(layout)
    assert not layout.programs.exists()


def test_a_program_that_the_packages_lack_is_named(tmp_path: Path) -> None:
    with pytest.raises(DevclusterError, match="trixie's packages have no slurmd"):
        unpacking._program(Layout(tmp_path, "trixie"), "slurmd")
