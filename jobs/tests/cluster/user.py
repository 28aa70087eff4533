"""An ordinary user of the test cluster, who types commands."""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slurm.devcluster import Cluster, DevclusterError

ROOT = Path(__file__).parents[3]
Stored = dict[str, list[str]]

PATIENCE_S = 480.0

AGAIN_S = 5.0
"""After which the status is asked for though nothing has changed that can be seen."""


class User:
    """Types commands, with one output folder; with ``code``, in a checkout of their own; on a project of their own."""

    def __init__(self, cluster: Cluster, out: Path, *, code: Path | None = None, project: Path | None = None) -> None:
        """Nothing is made yet."""
        self.cluster, self.out, self.code, self.project = cluster, out, code, project

    def command(self, *arguments: str) -> list[str]:
        """A command of ours, as an ordinary user would type it."""
        project = ["-p", str(self.project)] if self.project is not None else []
        start = [sys.executable, "-c", "from jobs.cli.app import main; main()"]
        return [*start, *project, *arguments, "--out", str(self.out)]

    def hw1(
        self, *arguments: str, timeout_s: float = 600, path: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for it; ``path`` comes first on PATH."""
        cwd, environment = self.code or ROOT, self._environment(path)
        return self.cluster.run(self.command(*arguments), timeout_s=timeout_s, cwd=cwd, extra_environment=environment)

    def start(self, *arguments: str, path: Path | None = None) -> subprocess.Popen[str]:
        """Type a command."""
        cwd, environment = self.code or ROOT, self._environment(path)
        return self.cluster.start(self.command(*arguments), cwd=cwd, extra_environment=environment)

    def submit(self, *sweep: str, profile: str = "devcluster", code: int = 0) -> str:
        """Submit, see that the exit code is as expected, and return what was said."""
        done = self.hw1("submit", "--profile", profile, *sweep)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def finish(self, *sweep: str, profile: str = "devcluster") -> str:
        """Submit and wait until all is done; what was said."""
        done = self.hw1("submit", "--profile", profile, "--wait", *sweep)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self, *sweep: str) -> list[dict[str, Any]]:
        """What `hw1 status` says of every run."""
        done = self.hw1("status", "--json", *sweep)
        assert done.returncode == 0, done.stdout + done.stderr
        records: list[dict[str, Any]] = json.loads(done.stdout)
        return records

    def states(self, *sweep: str) -> Counter[str]:
        """Number of runs in each state."""
        return Counter(record["state"] for record in self.status(*sweep))

    def until(self, what: Callable[[Counter[str]], bool], *sweep: str, timeout_s: float = PATIENCE_S) -> Counter[str]:
        """Ask for the status, whenever something has changed, until it is as wanted."""
        late = time.monotonic() + timeout_s
        while True:
            seen = self._sight()
            if what(states := self.states(*sweep)):
                return states
            if time.monotonic() > late:
                why = Counter(f"{record['state']}: {record['why']}" for record in self.status(*sweep))
                raise TimeoutError(f"{why}\n{self.jobs()}\n{self.words()}")
            again = time.monotonic() + AGAIN_S
            while self._sight() == seen and time.monotonic() < again:
                time.sleep(0.2)

    def until_training(self, *, timeout_s: float = PATIENCE_S, has: str = "step") -> dict[str, Any]:
        """Wait until a heartbeat has this number; it.

        ``step``: of steps that are done, which runs of less than some seconds never show; ``n_steps``: of all of them.
        """
        late = time.monotonic() + timeout_s
        while time.monotonic() < late:
            for path in (self.out / "heartbeats").glob("*.json"):
                try:
                    beat: dict[str, Any] = json.loads(path.read_text())
                except (OSError, ValueError):
                    continue
                if beat[has]:
                    return beat
            time.sleep(0.1)
        raise TimeoutError(f"nothing trains\n{self.jobs()}\n{self.words()}")

    def until_job(self, what: Callable[[list[str]], bool], *command: str) -> list[str]:
        """Give a command of Slurm's until the words that it prints are as wanted; the words."""
        late = time.monotonic() + PATIENCE_S
        while not what(words := self.cluster.slurm(*command).split()):
            if time.monotonic() > late:
                raise TimeoutError(f"{words}\n{self.jobs()}")
            time.sleep(0.2)
        return words

    def until_says(self, text: str, *command: str) -> None:
        """Give a command until what it prints has this text: a job's last words come after its last results."""
        late = time.monotonic() + PATIENCE_S
        while text not in (said := self.hw1(*command).stdout):
            if time.monotonic() > late:
                raise TimeoutError(f"{said}\n{self.jobs()}\n{self.words()}")
            time.sleep(1)

    def occupy(self, *, seconds: float, partition: str = "work1") -> str:
        """Have another job take all nodes, and wait until it has them; its id."""
        command = ["sbatch", "--parsable", f"--partition={partition}", "--nodes=4", "--exclusive"]
        job = self.cluster.run([*command, f"--wrap=sleep {seconds}"], timeout_s=30, cwd=self.cluster.shared)
        assert job.returncode == 0, job.stderr
        late, job_id = time.monotonic() + PATIENCE_S, job.stdout.strip()
        while self.cluster.slurm("squeue", "--noheader", f"--jobs={job_id}", "--format=%T") != "RUNNING\n":
            assert time.monotonic() < late, self.jobs()
            time.sleep(0.2)
        return job_id

    def jobs(self) -> str:
        """What Slurm has of the user."""
        return self.cluster.slurm("squeue", "--array", "--user=hw1user", "--format=%i %P %T %r %N %j")

    def words(self) -> str:
        """Everything that jobs wrote to stderr."""
        paths = sorted((self.out / "submissions").glob("*/logs/*.err"))
        return "\n".join(f"{path.name}: {path.read_text()}" for path in paths)

    def logs(self) -> str:
        """The logs of all packs."""
        return "\n".join(path.read_text() for path in sorted((self.out / "logs").glob("*.log")))

    def profile(self, *, gpu: dict[str, Any] | None = None, **changes: Any) -> str:
        """A file with the test cluster's profile, changed."""
        values = {
            "description": "a test's",
            "partition": "work1",
            "cpus": 1,
            "memory_gb": 3.0,
            "time_limit_min": 30,
            "throttle": 4,
            "submit_cap": 0,
            "requeue": True,
            "signal_s": 10,
            "poll_s": 1.0,
        } | changes
        tables = {
            "gpu": gpu or {"form": "none", "count": 0},
            "retries": {"killed": 2, "memory": 2, "time_limit": 100, "preempted": 1000, "error": 2},
        }
        tables |= {name: values.pop(name) for name, value in [*values.items()] if isinstance(value, dict)}
        lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        for table, fields in tables.items():
            lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in fields.items())]
        path = self.cluster.shared / f"{self.out.name}.toml"
        path.write_text("\n".join(lines))
        return str(path)

    def n_committed(self) -> int:
        """How many runs were committed, counting one that was trained twice twice."""
        return sum(map(int, re.findall(r"committed (\d+) run", self.logs())))

    def _sight(self) -> tuple[str, list[str]]:
        """The queue and the output folder, which cost far less to look at than the status."""
        try:
            jobs = self.jobs()
        except DevclusterError:  # the controller is down
            jobs = ""
        return jobs, sorted(str(path) for depth in ("*/*", "submissions/*/*/*") for path in self.out.glob(depth))

    def _environment(self, path: Path | None) -> dict[str, str]:
        return {"PATH": f"{path}:{self.cluster.environment()['PATH']}"} if path is not None else {}
