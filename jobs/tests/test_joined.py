"""Functions that take no time share packs, whatever was planned; those that take time do not."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw1.tests import made
from jobs.imports import project_of
from jobs.pack import PACK_S, Pack
from jobs.project import Project
from jobs.spec import Spec
from jobs.tests import projects
from jobs.tests.stored import stored
from jobs.worker import session, worker
from jobs.worker.checkpoints import Checkpoints
from jobs.worker.logs import logs_of
from jobs.worker.provenance import Code
from jobs.worker.workload import Work, joined
from results.tests.stores import Store

CODE = Code(commit="c" * 40, dirty=False)
SPECS = [made.fit(seed=k) for k in range(6)]


@pytest.fixture(name="walks", scope="module")
def _walks() -> Project:
    return project_of(str(Path(projects.__file__).with_name("walks.py")))


def specs(project: Project, study: str, n: int) -> list[Spec]:
    return list(project.by_name[study].specs("all", None))[:n]


def work(project: Project, study: str, packs: Iterable[Sequence[Spec]], out: Path) -> None:
    made_of = [Pack(study, 1, tuple(each)) for each in packs]
    Work.of(made_of, out=out, origin=project.origin, device="cpu", code=CODE)()


def n_commits(out: Path) -> int:
    return len(list((out / "store" / "parts" / "runs").iterdir()))


def test_runs_of_no_time_are_committed_many_at_once_with_the_rows_of_a_pack_each(
    walks: Project, tmp_path: Path
) -> None:
    leaps = specs(walks, "leap", 200)
    work(walks, "leap", [[spec] for spec in leaps], tmp_path / "joined")
    work(walks, "leap", [leaps], tmp_path / "whole")
    assert Store(tmp_path / "joined").done() == {spec.run_id for spec in leaps}
    assert n_commits(tmp_path / "joined") < 20
    assert stored(tmp_path / "joined") == stored(tmp_path / "whole")


def test_runs_that_take_as_long_as_a_pack_may_have_one_each(
    walks: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.worker.workload.PACK_S", PACK_S / 1e6)
    leaps = specs(walks, "leap", 12)
    work(walks, "leap", [[spec] for spec in leaps], tmp_path)
    assert n_commits(tmp_path) == 12


def test_what_was_joined_when_a_worker_was_stopped_is_continued_by_one_that_has_the_same_packs(
    walks: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.worker.workload.PACK_S", 1e6)  # four steps of a walk take a fifth of a second
    left = [70]  # looks, one a step of 60: the first walk is committed, the next four are one pack

    def asked() -> bool:
        left[0] -= 1
        return left[0] < 0

    walked = specs(walks, "walk", 5)
    packs = [[spec] for spec in walked]
    with monkeypatch.context() as patched:
        for module in (worker, session):
            patched.setattr(module, "stop_requested", asked)
        work(walks, "walk", packs, tmp_path)
    (begun,) = Checkpoints(tmp_path).begun()
    assert begun == tuple(spec.run_id for spec in walked[1:])
    work(walks, "walk", packs, tmp_path)
    assert Store(tmp_path).done() == {spec.run_id for spec in walked}
    (path,) = logs_of(tmp_path, walked[1].run_id)
    assert "continuing from" in path.read_text()


@given(st.permutations(range(6)), st.lists(st.lists(st.integers(0, 7), max_size=4, unique=True), max_size=3))
def test_joined_packs_have_every_run_once_and_what_was_begun_together_in_its_order(
    order: list[int], begun: list[list[int]]
) -> None:
    names = {spec.run_id: number for number, spec in enumerate(SPECS)}
    ids = [tuple(SPECS[k].run_id if k < len(SPECS) else f"gone {k}" for k in each) for each in begun]
    found = joined([Pack("simulate", 1, (SPECS[k],)) for k in order], ids)
    assert sorted(names[run_id] for pack in found for run_id in pack.run_ids) == list(range(6))
    whole = [each for each in ids if len(each) > 1 and all(run_id in names for run_id in each)]
    assert [pack.run_ids for pack in found][: len(whole[:1])] == whole[:1]
    assert all(pack.run_ids in ids for pack in found if len(pack.specs) > 1)
