"""Folders that must lie on the disk before the daemons start."""

import json
import os
import shutil
import socket
from dataclasses import asdict
from pathlib import Path

from slurm.devcluster import configuration, hosts
from slurm.devcluster.layout import Layout
from slurm.devcluster.options import Options

_KEY_BYTES = 128


def prepare(layout: Layout, options: Options) -> None:
    """Write folders and files, but for MariaDB's tables; a key that is there stays."""
    for folder in (layout.etc, layout.logs, layout.run, layout.munge, layout.spool / "controller", layout.shared):
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    layout.shared.chmod(0o1777)
    _write_devices(layout, options)
    _write_key(layout)
    host = socket.gethostname().partition(".")[0]
    own_names = hosts.separable()
    if own_names:
        hosts.announce(layout, [layout.hostname(node) for node in options.node_names])
    _write(layout.configuration, configuration.slurm_conf(layout, options, host=host, own_names=own_names))
    if layout.release != "bookworm":  # whose Slurm does not know the word
        _write(layout.etc / "cgroup.conf", configuration.cgroup_conf())
    _write(layout.etc / "gres.conf", configuration.gres_conf(layout, options))
    _write(layout.etc / "slurmdbd.conf", configuration.slurmdbd_conf(layout, host=host), mode=0o600)
    _write(layout.init_sql, configuration.init_sql())
    _write(layout.options, json.dumps(asdict(options)))


def _write(path: Path, text: str, *, mode: int = 0o644) -> None:
    path.write_text(text)
    path.chmod(mode)


def _write_devices(layout: Layout, options: Options) -> None:
    """Slurm wants character devices, and takes links to one."""
    shutil.rmtree(layout.devices, ignore_errors=True)
    layout.devices.mkdir()
    for gpu in range(options.gpus):
        (layout.devices / f"nvidia{gpu}").symlink_to("/dev/null")


def _write_key(layout: Layout) -> None:
    """Munge refuses a key that another user could read."""
    if not layout.munge_key.exists():
        layout.munge_key.write_bytes(os.urandom(_KEY_BYTES))
        layout.munge_key.chmod(0o400)
    for path in (layout.munge, layout.munge_key):
        shutil.chown(path, "munge", "munge")
