"""What the fault tests and the soak do to a user and to the cluster."""

import shutil
import subprocess
from pathlib import Path

from jobs.tests.cluster.user import ROOT
from slurm.devcluster import Cluster


def checkout_of(place: Path) -> Path:
    """A checkout that the ordinary user owns, to edit."""
    ignored = shutil.ignore_patterns("__pycache__", "tests")
    for room in ("hw1", "jobs", "slurm", "results", "analysis"):
        shutil.copytree(ROOT / room, place / room, ignore=ignored)
    subprocess.run(["chown", "-R", "hw1user:", str(place)], check=True)
    return place


def killing_sbatch(cluster: Cluster, folder: Path, moment: str) -> Path:
    """A folder with an `sbatch` that kills who calls it: before, during or after the real one's work."""
    real = shutil.which("sbatch", path=cluster.environment()["PATH"])
    do = {
        "before": "kill -9 $PPID",
        "during": f'kill -9 $PPID; sleep 2; exec {real} "$@"',
        "after": f'{real} "$@" >/dev/null; kill -9 $PPID',
    }
    folder.mkdir(mode=0o755)
    (folder / "sbatch").write_text(f"#!/bin/bash\n{do[moment]}\n")
    (folder / "sbatch").chmod(0o755)
    return folder


def fill(path: Path) -> None:
    """Take all that is left of a disk."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
