"""A soak: a sweep of small runs on the test cluster while faults of every kind come every few seconds.

As root, with the test cluster up: ``python -m jobs.tests.cluster.soak --minutes 10 --seeds 20 --seed 0``. Sweeps follow
one another until the time is over; then everything is mended, and each must end with the bits of a local run.
"""

import argparse
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jobs.tests.cluster.faults import checkout_of, fill, killing_sbatch
from jobs.tests.cluster.user import Stored, User
from jobs.tests.stored import stored
from slurm.devcluster import Cluster, DevclusterError, Options

PAUSE_S = (2.0, 6.0)
"""Between two faults."""

ROOM_MB = 512
"""Of the disk that is filled now and then."""


@dataclass
class Result:
    """What a soak came to."""

    n_runs: int = 0
    n_lost: int = 0
    n_twice: int = 0
    n_differing: int = 0
    n_sweeps: int = 0
    minutes: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)

    def lines(self) -> list[str]:
        """For people."""
        head = f"{self.n_sweeps} sweep(s), {self.n_runs} runs, {self.minutes:.1f} min, {self.faults.total()} faults"
        said = (
            f"runs lost {self.n_lost}, runs trained twice {self.n_twice}, tables with differing bits {self.n_differing}"
        )
        return [head, *(f"{n:4d}  {name}" for name, n in self.faults.most_common()), said]


class Soak:
    """One sweep on a disk of its own, and what is done to it."""

    def __init__(self, cluster: Cluster, sweep: tuple[str, ...], chance: random.Random) -> None:
        """Mount the disk."""
        self.cluster, self.sweep, self.chance = cluster, sweep, chance
        name = secrets.token_hex(4)
        self.code = checkout_of(cluster.shared / f"{name}-checkout")
        self.user = User(cluster, cluster.shared / name, code=self.code)
        self.user.out.mkdir(mode=0o1777)
        size = f"size={ROOM_MB}m,mode=1777"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.user.out)], check=True)
        self.profile = self.user.profile(partition="preempt", throttle=6)

    def submit(self, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Submit whatever is pending, as users do when something looks wrong."""
        return self.user.hw1("submit", "--profile", self.profile, "--workers", "12", *self.sweep, path=path)

    def fault(self) -> str:
        """Do one thing, at random; its name."""
        kinds: list[Callable[[], str]] = [
            *[self.kill_worker] * 3,
            *[self.cancel] * 2,
            *[self.signal] * 2,
            self.requeue,
            self.preempt,
            self.lose_node,
            self.restart_controller,
            self.kill_controller,
            self.stop_database,
            self.fill_disk,
            self.kill_submitter,
            self.submit_twice,
            self.submit_from_job,
            self.edit,
        ]
        return self.chance.choice(kinds)()

    def kill_worker(self) -> str:
        """Kill -9 of a process that trains."""
        pids = [int(pid) for pid in re.findall(r'"pid": (\d+)', self._heartbeats())]
        for pid in self.chance.sample(pids, min(1, len(pids))):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return "worker had just ended"
        return "worker killed with 9" if pids else "no worker to kill"

    def cancel(self) -> str:
        """Scancel of a task."""
        return "task cancelled" if self._to_a_job("scancel") else "no task to cancel"

    def signal(self) -> str:
        """What Slurm sends before the time limit."""
        return "told to stop" if self._to_a_job("scancel", "--signal=USR2") else "no task to signal"

    def requeue(self) -> str:
        """An administrator puts a task back into the queue."""
        return "requeued" if self._to_a_job("scontrol", "requeue") else "no task to requeue"

    def preempt(self) -> str:
        """The owners take all nodes for some seconds."""
        command = ["sbatch", "--partition=owner", "--nodes=4", "--exclusive", "--wrap=sleep 3"]
        self.cluster.run(command, timeout_s=60, cwd=self.cluster.shared)
        return "preempted by the owners"

    def lose_node(self) -> str:
        """Power loss of the node that most runs on; it comes back after it has been missed."""
        self.cluster.kill_node(1)
        time.sleep(self.chance.choice([5, 30]))
        self.cluster.start_node(1)
        return "node lost"

    def restart_controller(self) -> str:
        """Slurmctld ends in order, and is back after some seconds."""
        self.cluster.stop_controller()
        time.sleep(self.chance.uniform(0, 5))
        self.cluster.start_controller()
        return "controller restarted"

    def kill_controller(self) -> str:
        """Slurmctld dies, and an administrator makes usable again what it had forgotten."""
        self.cluster.stop_controller(kill=True)
        self.cluster.start_controller()
        self.cluster.resume()
        return "controller killed"

    def stop_database(self) -> str:
        """Slurmdbd is down for some seconds."""
        self.cluster.stop_database()
        time.sleep(self.chance.uniform(0, 5))
        self.cluster.start_database()
        return "accounting down"

    def fill_disk(self) -> str:
        """The shared folder is full for some seconds."""
        ballast = self.user.out / "ballast"
        fill(ballast)
        time.sleep(self.chance.uniform(2, 8))
        ballast.unlink()
        return "disk full"

    def kill_submitter(self) -> str:
        """Kill -9 of who submits, around sbatch."""
        moment = self.chance.choice(["before", "during", "after"])
        self.submit(path=killing_sbatch(self.cluster, self.cluster.shared / secrets.token_hex(4), moment))
        return f"submitter killed {moment} sbatch"

    def submit_twice(self) -> str:
        """Two submit at once."""
        command = ("submit", "--profile", self.profile, "--workers", "12", *self.sweep)
        for process in [self.user.start(*command) for _ in range(2)]:
            process.communicate(timeout=200)
        return "two submitters at once"

    def submit_from_job(self) -> str:
        """A job submits."""
        words = self.user.command("submit", "--profile", self.profile, "--workers", "12", *self.sweep)
        command = " ".join(f"'{word}'" for word in words)
        self.cluster.run(["sbatch", "--mem=1G", "--output=/dev/null", "--wrap", command], timeout_s=60, cwd=self.code)
        return "submitted from a job"

    def edit(self) -> str:
        """The source is edited."""
        with (self.code / "hw1" / "train.py").open("a") as file:
            file.write("# edited\n")
        return "source edited"

    def result(self, expected: Stored) -> tuple[int, int, int]:
        """Runs lost, runs trained twice, and tables with other bits than expected, once all has ended."""
        found = stored(self.user.out)
        commits = Counter[str]()
        for path in (self.user.out / "logs").glob("*.log"):
            head, *lines = path.read_text().splitlines()
            n = sum("committed" in line for line in lines)
            commits.update(dict.fromkeys(head.split()[1:], n))
        n_lost = max(0, len(expected["runs"]) - len(found["runs"]))
        n_twice = sum(n > 1 for n in commits.values())
        return n_lost, n_twice, sum(found[table] != rows for table, rows in expected.items())

    def end(self) -> None:
        """Give the disk back."""
        self.cluster.slurm("scancel", "--user=hw1user")
        time.sleep(8)
        subprocess.run(["umount", "--lazy", str(self.user.out)], check=True)
        shutil.rmtree(self.code)

    def _to_a_job(self, *command: str) -> bool:
        running = self.cluster.slurm("squeue", "--noheader", "--array", "--states=RUNNING", "--format=%i %j").split(
            "\n"
        )
        jobs = [line.split()[0] for line in running if " hw1-" in line]
        if jobs:
            self.cluster.slurm(*command, self.chance.choice(jobs))
        return bool(jobs)

    def _heartbeats(self) -> str:
        texts = []
        for path in (self.user.out / "heartbeats").glob("*.json"):
            try:
                texts.append(path.read_text())
            except OSError:  # removed meanwhile
                continue
        return " ".join(texts)


def soak(  # noqa: PLR0913 - all by name but where and what is expected
    cluster: Cluster, expected: Stored, *, sweep: tuple[str, ...], minutes: float, seed: int, n_faults: int = 1
) -> Result:
    """Sweep after sweep until the time is over and there were so many faults; then let all end."""
    chance, result, began = random.Random(seed), Result(), time.monotonic()
    while time.monotonic() - began < 60 * minutes or result.faults.total() < n_faults:
        one = Soak(cluster, sweep, chance)
        try:
            _one(one, result, until=began + 60 * minutes, n_faults=n_faults)
            lost, twice, differing = one.result(expected)
        finally:
            one.end()
        result.n_sweeps += 1
        result.n_runs += len(expected["runs"])
        result.n_lost += lost
        result.n_twice += twice
        result.n_differing += differing
    result.minutes = (time.monotonic() - began) / 60
    return result


def _one(one: Soak, result: Result, *, until: float, n_faults: int) -> None:
    """One sweep: faults until it is done, or the time is over and there were enough, then no more."""
    one.submit()
    while time.monotonic() < until or result.faults.total() < n_faults:
        try:
            name = one.fault()
        except DevclusterError as error:
            name = f"not possible: {str(error).splitlines()[0][:60]}"
        result.faults[name] += 1
        time.sleep(one.chance.uniform(*PAUSE_S))
        states = one.user.states(*one.sweep)
        print(time.strftime("%H:%M:%S"), f"{name:32s}", dict(states), flush=True)
        if states["lost"] + states["pending"] and one.chance.random() < 1 / 2:
            one.submit()
        if set(states) == {"done"}:
            return
    one.cluster.start_controller()
    one.cluster.resume()
    for _ in range(5):
        done = one.user.hw1("submit", "--profile", one.profile, "--wait", *one.sweep, timeout_s=1200)
        print(done.stdout[-300:], done.stderr[-300:], flush=True)
        if done.returncode == 0:
            return


def main() -> None:
    """Run a soak and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=20, help="of minimal_ratio: a hundred runs each")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    given = parser.parse_args()
    cluster = Cluster()
    cluster.up(Options())
    sweep = ("--study", "minimal_ratio", "--seeds", str(given.seeds))
    local = User(cluster, cluster.shared / secrets.token_hex(4))
    print(local.hw1("submit", "--local", *sweep, timeout_s=3600).stdout[-200:], flush=True)
    result = soak(cluster, stored(local.out), sweep=sweep, minutes=given.minutes, seed=given.seed)
    print("\n".join(result.lines()))


if __name__ == "__main__":
    main()
