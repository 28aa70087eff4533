"""A stand-in for Slurm that takes every job and starts none."""

import os
import re
import subprocess
import sys
from pathlib import Path

from jobs.tests.projects import stages
from slurm.tests.site import program

PROFILE = """
description = "a test's"
partition = "work"
time_limit_min = 60
memory_gb = 8.0
gpu = {form = "gres", type = "a100", count = 1}
"""


class Site:
    """A user of a Slurm that takes every job and starts none."""

    def __init__(self, folder: Path) -> None:
        """Its clients, and a profile."""
        self.out, self.bin, self.queue = folder / "out", folder / "bin", folder / "queue"
        self.profile = folder / "site.toml"
        self.profile.write_text(PROFILE)
        self.queue.mkdir()
        name = r"""$(sed -n 's/^#SBATCH --job-name=//p' "$f")"""
        last = r"""$(sed -n 's/^#SBATCH --array=0-\([0-9]*\).*/\1/p' "$f")"""
        one = f'echo "hw1|$(basename $f .sh)|$k|{os.getuid()}|PENDING||1:00:00|{name}|Dependency"'
        n = "n=$(( $(ls QUEUE | wc -l) + $(ls GONE 2>/dev/null | wc -l) + 71 ))"
        lines = {
            "sbatch": (n, 'cp "$2" QUEUE/$n.sh', "echo $n"),
            "squeue": ("for f in QUEUE/*.sh; do", f"for k in $(seq 0 {last}); do {one}; done", "done"),
            "scontrol": ("echo MaxArraySize = 1001",),
            "scancel": ("mkdir -p GONE", 'for j in "$@"; do mv QUEUE/${j%%_*}.sh GONE 2>/dev/null; done', "true"),
        }
        for client, text in lines.items():
            program(
                self.bin / client,
                *(each.replace("QUEUE", f"{folder}/queue").replace("GONE", f"{folder}/gone") for each in text),
            )

    def hw1(self, *arguments: str, code: int = 0) -> str:
        """Type a command."""
        command = [
            sys.executable,
            "-c",
            "from jobs.cli.app import main; main()",
            "-p",
            str(stages.__file__),
            *arguments,
        ]
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"}
        done = subprocess.run(
            [*command, "--out", str(self.out)], capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def submit(self, *arguments: str) -> str:
        """Submit with two workers."""
        return self.hw1("submit", "--profile", str(self.profile), "--workers", "2", *arguments)

    def asked(self) -> dict[str, list[str]]:
        """By job, its elements, what it waits for, and its GPUs."""
        flag = re.compile(r"^#SBATCH --(?:array=|dependency=|gres=)([^\s%]+)", re.MULTILINE)
        return {path.stem: sorted(flag.findall(path.read_text())) for path in sorted(self.queue.glob("*.sh"))}
