"""Debian's releases that a cluster can be made of, each with a Slurm of its own."""

import os
import platform

RELEASES = {"bookworm": "22.05", "trixie": "24.11"}
"""Name of the release, and version of its Slurm."""

VARIABLE = "HW1_DEVCLUSTER_RELEASE"


def of_host() -> str:
    """Name of this machine's release; empty where it has none."""
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        return ""


def chosen() -> str:
    """The release in ``$HW1_DEVCLUSTER_RELEASE``, or this machine's, or the newest where this is another system."""
    return os.environ.get(VARIABLE) or (of_host() if of_host() in RELEASES else list(RELEASES)[-1])


def checked(release: str) -> str:
    """The release, if a cluster can be made of it.

    Raises:
        ValueError: If not.
    """
    if release not in RELEASES:
        raise ValueError(f"`release` must be one of {', '.join(RELEASES)}, got {release!r}")
    return release
