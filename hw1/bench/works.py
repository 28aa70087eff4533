"""Works that are measured, which peers do them, and which numbers both sides must reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hw1.bench.numbers import EARLY, Check
from hw1.project import PROJECT
from hw1.specs import Seeded
from jobs.sweep import Run, sweep

EPOCH = {"epochs": 1}
FIFTH = {"n_train": 12_000, "n_test": 2_000}
TENTH = {"n_train": 6_000, "n_test": 1_000}


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """Runs of a study, as we train them and as a peer does; both may do a part, which is then extrapolated."""

    name: str
    title: str
    study: str
    checks: tuple[Check, ...]
    peers: tuple[str, ...]
    """Those that are measured where none is named; any peer that can do the work may be."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Of our specs: none, and our side is the command that a user types."""
    part: Mapping[str, Any] = field(default_factory=dict)
    """Of our changed specs: what a peer does of a run; extrapolated by the number of images and epochs."""
    n_seeds: int = 1
    only: int | None = None
    """Index of the one run of the study that is measured."""
    measured: Mapping[str, int] = field(default_factory=dict)
    """Number of runs that a peer trains before the rest is extrapolated; else all of them, or `MEASURED`."""
    one_core: bool = False
    """Both sides on one thread, their start not counted: a single epoch."""
    start_counts: bool = False
    """Pools that a peer starts once are in its time, as our start is in ours: there is nothing but overhead."""
    scale: float = 1.0
    """By which the seconds of both sides are multiplied: what is measured is a part of the epoch."""

    def runs(self) -> list[Run]:
        """Our runs, in order."""
        every = sweep(PROJECT, studies=[self.study], seeds=range(self.n_seeds)).runs()
        chosen = every if self.only is None else [every[self.only]]
        return [Run.of(run.study, run.spec.replace(**self.changes), smoke=run.smoke) for run in chosen]

    def specs(self) -> list[Seeded]:
        """The work's runs, in order."""
        return [run.spec for run in self.runs() if isinstance(run.spec, Seeded)]

    def parts(self) -> list[Seeded]:
        """The part of each run that a peer does."""
        return [spec.replace(**self.part) for spec in self.specs()]

    @property
    def apart(self) -> bool:
        """True if what peers do is not all in our store: our trainers then do it once more, untimed, to compare."""
        return "n_train" in self.part or self.study == "minimal_ratio"

    def indices(self, peer: str, n_cpus: int) -> list[int]:
        """The runs that a peer is measured on, spread evenly; at least one a core where a runner hands them out."""
        n = len(self.specs())
        m = min(n, max(self.measured.get(peer, n), n_cpus if peer in RUNNERS else 1))
        return [int((k + 0.5) * n / m) for k in range(m)]

    @property
    def by_command(self) -> bool:
        """True if `hw1 submit --local --study …` does all of it."""
        return not self.changes and self.only is None


RUNNERS = ("submitit", "joblib", "ray", "parsl", "dask", "executorlib", "hyperqueue", "hydra", "snakemake")
"""Peers that run the notebooks' loop, one run a task, as many at once as there are cores."""
NOTEBOOK, JAX = "notebook", "jax"
PEERS = (NOTEBOOK, *RUNNERS, JAX)

_FEW = dict.fromkeys((NOTEBOOK, *RUNNERS), 6)
_COLD = {"submitit": 10, "hyperqueue": 20, "hydra": 10, "snakemake": 200}
# Rounding grows: by iteration 50 it has parted a run of the hundred by some percent, in the end half of them by 1%.
_EARLY = tuple(Check(name=f"loss_{k}", rtol=1e-3, over="largest" if k < max(EARLY) else "median") for k in EARLY)
_IMAGES = (Check(name="running_loss", rtol=2e-3), Check(name="train_loss", rtol=2e-3))
_LENET = (Check(name="running_loss", rtol=0.01), Check(name="train_loss", rtol=0.05))
_DROPOUT = (Check(name="running_loss", rtol=0.05), Check(name="train_loss", rtol=0.2))

_WORKS = (
    Work(
        name="minimal_ratio",
        title="100 minimal-ratio runs, process start and Hessians included",
        study="minimal_ratio",
        checks=(
            *_EARLY,
            Check(name="train_loss", rtol=0.03, over="median"),
            Check(name="n_steps", rtol=0.1, over="shift"),  # on some CPUs every run stops elsewhere
            Check(name="largest_eigenvalue", rtol=0.1, over="shift"),
            Check(name="minimal_ratio", rtol=0.1, over="median"),  # "> 0" counts the rounding of zeros too
        ),
        peers=(NOTEBOOK, "submitit", "joblib", "ray", "parsl", JAX),
        measured=_FEW,
    ),
    Work(
        name="trajectory",
        title="eight trajectories of 29 epochs",
        study="trajectory",
        checks=_IMAGES,
        peers=(NOTEBOOK,),
        part=EPOCH | FIFTH,
        measured=dict.fromkeys((NOTEBOOK, *RUNNERS), 1),
    ),
    Work(
        name="parameters",
        title="ten models of growing width, one epoch",
        study="parameters",
        checks=_IMAGES,
        peers=(NOTEBOOK,),
        changes=EPOCH,
        part=FIFTH,
        measured=dict.fromkeys((NOTEBOOK, *RUNNERS), 2),
    ),
    Work(
        name="lenet",
        title="a LeNet epoch, one thread",
        study="actual_task",
        checks=_LENET,
        peers=(NOTEBOOK,),
        changes=EPOCH | FIFTH,
        only=0,
        one_core=True,
        scale=5.0,
    ),
    Work(
        name="cnn",
        title="a CNN epoch, one thread, float32",
        study="actual_task",
        checks=_DROPOUT,
        peers=(NOTEBOOK,),
        changes=EPOCH | TENTH,
        only=1,
        one_core=True,
        scale=10.0,
    ),
    # Against the notebooks' loop in float32, which is what they had.
    Work(
        name="cnn_bf16",
        title="a CNN epoch, one thread, bfloat16 against float32",
        study="actual_task",
        checks=_DROPOUT,
        peers=(NOTEBOOK,),
        changes=EPOCH | TENTH | {"precision": "bfloat16"},
        part={"precision": "float32"},
        only=1,
        one_core=True,
        scale=10.0,
    ),
    Work(
        name="empty",
        title="1,000 runs that do nothing, all starts included",
        start_counts=True,
        study="empty",
        checks=(Check(name="train_loss", rtol=1e-12),),
        peers=RUNNERS,
        n_seeds=1000,
        measured=_COLD,
    ),
)


WORKS: dict[str, Work] = {work.name: work for work in _WORKS}


def can_do(peer: str, work: Work) -> bool:
    """True if a peer has a way to do a work: JAX is for stacks of function fits, a notebook has no runs to hand out."""
    if peer == JAX:
        return work.study == "minimal_ratio"
    return not work.one_core if peer in RUNNERS else work.study != "empty"
