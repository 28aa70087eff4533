"""Slurm and what it needs, from Debian."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slurm.devcluster.commands import DevclusterError, output
from slurm.devcluster.layout import Layout
from slurm.devcluster.unpacking import SLURM, unpack

_PACKAGES = ("munge", "mariadb-server", "acl")
_TOOLS = ("mmdebstrap", "patchelf")
_LISTS = Path("/var/lib/apt/lists")
_POLICY = Path("/usr/sbin/policy-rc.d")
_INSTALL_S = 900

_log = logging.getLogger(__name__)


def install(layout: Layout) -> None:
    """Install the packages that are missing, without their daemons being started.

    Slurm itself is installed if it is this machine's release's, and otherwise unpacked below the cluster's root.

    Raises:
        DevclusterError: If this is no Debian, or apt fails.
    """
    _install(_PACKAGES + (_TOOLS if layout.is_unpacked else SLURM))
    if layout.is_unpacked:
        unpack(layout)


def _install(packages: tuple[str, ...]) -> None:
    if not shutil.which("apt-get"):
        raise DevclusterError("apt-get is missing: the cluster is made of Debian's packages and needs Debian")
    missing = [name for name in packages if not _is_installed(name)]
    if not missing:
        return
    _log.info("installing %s", " ".join(missing))
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if not any(_LISTS.glob("*Packages*")):
        output("apt-get", "update", "-q", environment=environment, timeout_s=_INSTALL_S)
    command = ("apt-get", "install", "-y", "-q", "--no-install-recommends", *missing)
    with _no_daemons():
        output(*command, environment=environment, timeout_s=_INSTALL_S)


def _is_installed(name: str) -> bool:
    try:
        return output("dpkg-query", "-W", "-f=${Status}", name) == "install ok installed"
    except DevclusterError:
        return False


@contextmanager
def _no_daemons() -> Iterator[None]:
    """Packages start their daemons unless this script forbids it; a machine's own script stays."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
