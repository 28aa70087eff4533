"""Workers of a pack, in this process."""

from pathlib import Path

from hw1.project import PROJECT
from hw1.tests import made
from jobs import Spec
from jobs.pack import Pack
from jobs.worker.provenance import Code
from jobs.worker.workload import Work

CODE = Code(commit="c" * 40, dirty=False)


FITS = [made.fit(seed=k) for k in range(4)]


def train(specs: list[Spec], out: Path, webhook: str = "") -> None:
    pack = Pack("simulate", 1, tuple(specs))
    Work.of([pack], out=out, origin=PROJECT.origin, device="cpu", code=CODE, webhook=webhook)()
