"""Another Debian release's Slurm, unpacked into a folder and run from there, beside this machine's own."""

import logging
import re
import shutil
from pathlib import Path

from slurm.devcluster import releases
from slurm.devcluster.commands import DevclusterError, output
from slurm.devcluster.layout import Layout

SLURM = ("slurmctld", "slurmd", "slurmdbd", "slurm-client")
"""The packages."""

_DAEMONS = ("slurmctld", "slurmd", "slurmdbd", "slurmstepd")
_COMMANDS = ("sacct", "sacctmgr", "salloc", "sbatch", "scancel", "scontrol", "sinfo", "squeue", "srun", "sstat")
_TIMEOUT_S = 900
_CARRIED = re.compile(r'^Acquire::(?:http|https)::.* "[^"]+";$|^Acquire::Retries .*;$', re.MULTILINE)

_log = logging.getLogger(__name__)


def unpack(layout: Layout) -> None:
    """Unpack the release's Slurm with all that it needs, unless it is there.

    Nothing is configured and no root is changed: the programs find their own loader and libraries, and so jobs see
    this machine's files, Python and users as they are.

    Raises:
        DevclusterError: If a package cannot be had.
    """
    if layout.programs.exists():
        return
    _log.info("unpacking Slurm %s of %s", releases.RELEASES[layout.release], layout.release)
    for folder in (layout.debian, partial := layout.root / "bin.partial"):
        shutil.rmtree(folder, ignore_errors=True)
    layout.root.mkdir(parents=True, exist_ok=True, mode=0o755)
    options = [f"--aptopt={line}" for line in _CARRIED.findall(output("apt-config", "dump"))]
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(SLURM)}", *options]
    output(*command, layout.release, str(layout.debian), *_mirror(), timeout_s=_TIMEOUT_S)
    layout.debian.chmod(0o755)
    partial.mkdir()
    for name in _DAEMONS + _COMMANDS:
        program = _program(layout, name)
        _relocate(program, layout)
        (partial / name).symlink_to(program)
    partial.rename(layout.programs)


def _mirror() -> list[str]:
    """Address that this machine has its Debian from; nothing, for Debian's own, where that cannot be told."""
    form = ("--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Component: main")
    lines = [line.split() for line in output("apt-get", "indextargets", *form).splitlines()]
    return next(([uri] for release, uri in lines if release == releases.of_host()), [])


def _program(layout: Layout, name: str) -> Path:
    """The packages' own alternatives are links that only their configuration would make."""
    places = [
        layout.debian / "usr" / folder / f"{name}{suffix}" for folder in ("sbin", "bin") for suffix in ("", "-wlm")
    ]
    for place in places:
        if place.exists():
            return place
    raise DevclusterError(f"{layout.release}'s packages have no {name}")


def _relocate(program: Path, layout: Layout) -> None:
    """Have the program run with its release's loader and libraries, wherever those lie."""
    loader = next(layout.libraries.glob("ld-linux-*.so.*"))
    where = f"{layout.libraries}/slurm-wlm:{layout.libraries}"
    output("patchelf", "--set-interpreter", str(loader), "--force-rpath", "--set-rpath", where, str(program))
