"""Debian's releases that a cluster can be made of."""

import subprocess
import sys
from pathlib import Path

import pytest

from slurm.devcluster import Cluster, releases
from slurm.devcluster.layout import default_root


def test_the_release_is_the_environments_or_the_machines_or_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(releases.VARIABLE, raising=False)
    monkeypatch.setattr(releases, "of_host", lambda: "bookworm")
    assert releases.chosen() == "bookworm"
    monkeypatch.setattr(releases, "of_host", lambda: "jammy")
    assert releases.chosen() == "trixie"
    monkeypatch.setenv(releases.VARIABLE, "bookworm")
    assert releases.chosen() == "bookworm"


def test_another_release_has_a_root_beside_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW1_DEVCLUSTER", "/somewhere/lab")
    monkeypatch.setattr(releases, "of_host", lambda: "bookworm")
    assert default_root("bookworm") == Path("/somewhere/lab")
    assert default_root("trixie") == Path("/somewhere/lab-trixie")
    assert default_root("bookworm", second=True) == Path("/somewhere/lab-second")
    assert default_root("trixie", second=True) == Path("/somewhere/lab-trixie-second")


def test_an_unknown_release_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="`release` must be one of bookworm, trixie, got 'buster'"):
        Cluster(release="buster")
    command = [sys.executable, "-m", "slurm.devcluster", "--release", "buster", "up"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "`release` must be one of bookworm, trixie, got 'buster'\n"
