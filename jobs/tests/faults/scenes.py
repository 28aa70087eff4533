"""Who is stopped: a worker, or the process that submits, here or to a cluster."""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from hw1.project import PROJECT
from jobs.tests import projects
from jobs.tests.faults import commands, sample
from jobs.tests.faults.commands import Ended
from jobs.tests.faults.sample import Rows

_LIMIT_S = 300.0
_STUDY = ("-p", str(Path(projects.__file__).with_name("walks.py")))
_RUNS = ("--study", "leap", "--set", "seed=0,1,2")


class Scene:
    """An output folder, an act that fills it, and the same act again."""

    rooms: tuple[str, ...] = commands.ROOMS
    """What the act imports."""

    def __init__(self, place: Path) -> None:
        """Nothing is made yet."""
        self.place, self.out = place, place / "out"

    def act(self) -> None:
        """What the process does that is stopped."""
        raise NotImplementedError

    def again(self) -> Ended:
        """Continue, with nobody stopping it."""
        return commands.forked(self.act, into=self.place, limit_s=_LIMIT_S)

    def truth(self) -> Mapping[str, Rows]:
        """What an uninterrupted act stores."""
        ended = self.again()
        if ended.code:
            raise RuntimeError(f"without any fault: {ended}")
        found = sample.by_run_apart(self.out, self.place)
        self.clear()
        return found

    def clear(self) -> None:
        """Begin from nothing."""
        shutil.rmtree(self.out, ignore_errors=True)

    def n_committed(self) -> int:
        """How many runs the workers say that they committed, one that was trained twice twice."""
        texts = (path.read_text() for path in (self.out / "logs").glob("*.log"))
        return sum(int(n) for text in texts for n in re.findall(r"committed (\d+) run", text))


class Worker(Scene):
    """A worker that trains a few packs, with a checkpoint and a heartbeat at each of few states."""

    def act(self) -> None:
        """Train what is left."""
        from jobs.plan.packs import packs  # noqa: PLC0415
        from jobs.worker import provenance  # noqa: PLC0415
        from jobs.worker.workload import Work  # noqa: PLC0415

        sample.save_every_state(n_iterations=150)
        runs = sample.runs(2)
        alike = [run for run in runs if run.spec.shape == runs[0].spec.shape]
        made = packs([*alike, runs[-1]], n_workers=1)
        Work.of(made, out=self.out, origin=PROJECT.origin, device="cpu", code=provenance.Code(commit="", dirty=None))()


class Local(Scene):
    """`hw1 submit --local` of a study whose workers start in a second: it is who submits that is stopped."""

    rooms = tuple(room for room in commands.ROOMS if room != "hw1")
    command: tuple[str, ...] = (*_STUDY, "submit", "--local", "--workers", "1", *_RUNS)

    def act(self) -> None:
        """Type it."""
        commands.type_here([*self.command, "--out", str(self.out)])


class Devcluster(Local):
    """`hw1 submit --profile devcluster`, and to continue with `--wait`."""

    command = (*_STUDY, "submit", "--profile", "devcluster", *_RUNS)

    def __init__(self, place: Path) -> None:
        """Learn where Slurm is.

        Raises:
            RuntimeError: If the test cluster is not up.
        """
        from slurm.devcluster import releases  # noqa: PLC0415 - only where it is up
        from slurm.devcluster.layout import Layout, default_root  # noqa: PLC0415

        super().__init__(place)
        conf = Layout(default_root(releases.of_host())).configuration
        if not conf.exists():
            raise RuntimeError("the test cluster is not up: `sudo make cluster-up`")
        os.environ["SLURM_CONF"] = str(conf)
        os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def again(self) -> Ended:
        """Continue, and wait for the jobs."""
        return commands.hw1([*self.command, "--wait", "--out", str(self.out)], into=self.place, limit_s=_LIMIT_S)


SCENES: dict[str, type[Scene]] = {"worker": Worker, "local": Local, "devcluster": Devcluster}


def made(name: str, place: Path) -> Scene:
    """A scene in a folder."""
    place.mkdir(exist_ok=True)
    return SCENES[name](place)
