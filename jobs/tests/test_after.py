"""Runs that need others: which ones, in which order they are trained, and what is said."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import Project, Run, Spec, Study, grid, load, study
from jobs.errors import ProjectError
from jobs.functions.earlier import EarlierError
from jobs.pack import Pack
from jobs.plan.packs import local_tasks, packs, tasks_alike
from jobs.plan.tasks import needed_tasks
from jobs.state import State
from jobs.sweep import SweepError, sweep
from jobs.tests.projects import stages
from jobs.tests.stored import stored
from jobs.worker.heartbeats import Heartbeats
from jobs.worker.needs import parts
from results.failures import Failure

STAGES = Path(stages.__file__)
PROJECT = Project(name="stages", studies=(stages.walk.study, stages.climb.study))  # type: ignore[attr-defined]
README = Path(__file__).parents[1] / "functions" / "README.md"


def hw1(*arguments: str, out: Path, project: Path = STAGES, code: int = 0, **environment: str) -> str:
    command = [sys.executable, "-c", "from jobs.cli.app import main; main()", "-p", str(project), *arguments]
    done = subprocess.run(
        [*command, "--out", str(out)], capture_output=True, text=True, check=False, env=_environment(**environment)
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def _environment(**changes: str) -> dict[str, str]:
    return {**os.environ, **changes}


def specs(of: Any) -> list[Any]:
    return list(of.study.specs("all", None))


@study(runs=[{"width": 8, "depth": 2, "seed": 0}, {"width": 16, "depth": 3, "seed": 0}])
def listed(run: Run, *, width: int, depth: int, seed: int) -> dict[str, float]:
    return {"x": float(width * depth * seed)}


def after_listed(**axes: Any) -> Any:
    @study(runs=grid(**axes), after=listed)
    def later(run: Run, *, width: int, seed: int) -> None: ...

    return later


@given(k=st.integers(0, 3), seed=st.integers(0, 99), is_smoke=st.booleans())
def test_a_run_needs_exactly_the_runs_that_agree_in_every_parameter_that_both_have(
    k: int, seed: int, *, is_smoke: bool
) -> None:
    spec = specs(stages.climb)[k].replace(seed=seed)
    spec = spec.smoke() if is_smoke else spec
    wanted = [{"scale": scale, "seed": seed, "n": 3 if is_smoke else 20} for scale in (0.5, 1.0)]
    assert [need.values() for need in spec.needs()] == wanted


def test_of_a_list_of_runs_it_needs_those_that_are_declared_with_any_seed() -> None:
    (spec,) = specs(after_listed(width=16, seed=7))
    assert [need.values() for need in spec.needs()] == [{"width": 16, "depth": 3, "seed": 7}]
    (spec,) = specs(after_listed(width=9, seed=0))
    with pytest.raises(ProjectError, match="need runs of `listed` with width=9, seed=0, and it has none"):
        spec.needs()


def test_what_a_run_needs_is_part_of_its_identity_and_its_text_is_read_again() -> None:
    def later(values: list[float]) -> Spec:
        @study(runs=grid(scale=values), name="walks")
        def walks(run: Run, *, scale: float) -> None: ...

        @study(runs=grid(k=1), after=[walks])
        def last(run: Run, *, k: int) -> None: ...

        (spec,) = specs(last)
        assert last.study.kinds[0].declared.after == (walks.study,)  # type: ignore[attr-defined]
        again = Project(name="p", studies=(walks.study, last.study)).spec(spec.canonical())  # type: ignore[attr-defined]
        assert again.run_id == spec.run_id
        result: Spec = spec
        return result

    assert later([1.0]).run_id == later([1.0]).run_id != later([1.0, 2.0]).run_id


def test_a_sweep_of_the_later_study_alone_has_the_runs_that_it_needs_before_it() -> None:
    runs = sweep(PROJECT, studies=["climb"], seeds=range(5, 8)).runs()
    assert [run.study.name for run in runs] == ["walk"] * 6 + ["climb"] * 6
    assert {run.spec.seed if hasattr(run.spec, "seed") else run.spec.values()["seed"] for run in runs} == {5, 6, 7}


@settings(max_examples=30)
@given(
    n_seeds=st.integers(1, 40),
    n_workers=st.integers(1, 9),
    on_cluster=st.booleans(),
    done=st.sets(st.integers(0, 200)),
)
def test_every_pending_run_is_in_one_task_and_what_it_needs_in_its_own_or_in_one_that_comes_before(
    n_seeds: int, n_workers: int, done: set[int], *, on_cluster: bool
) -> None:
    every = sweep(PROJECT, seeds=range(n_seeds)).runs()
    runs = [run for k, run in enumerate(every) if k not in done]
    made = packs(runs, n_workers=n_workers)
    dealt = tasks_alike(made, n_tasks=n_workers) if on_cluster else local_tasks(made, n_workers)
    assert sorted(i for task in dealt for pack in task for i in pack.run_ids) == sorted(run.run_id for run in runs)
    after, pending = needed_tasks(dealt), {run.run_id for run in runs}
    for number, task in enumerate(dealt):
        there = {i for k in (*after[number], number) for pack in dealt[k] for i in pack.run_ids}
        needs = {need.run_id for pack in task for spec in pack.specs for need in spec.needs()}
        assert needs & pending <= there
        assert all(k < number for k in after[number])


def test_runs_of_a_pack_whose_needs_differ_are_parted_and_those_of_a_failed_one_say_which() -> None:
    pack = Pack("climb", 1, tuple(specs(stages.climb)))
    walks = {spec.run_id: spec for run in pack.specs for spec in run.needs()}
    of_seed = {seed: [i for i, spec in walks.items() if spec.values()["seed"] == seed] for seed in (0, 1)}
    same = dict.fromkeys(("traceback", "host", "job_id", "finished"), "")
    failure = Failure(run_id=of_seed[1][0], failure="exception", message="ValueError: it fell", **same)
    (ready, broken) = parts(pack, {*of_seed[0], *of_seed[1]}, {of_seed[1][0]: failure})
    assert {spec.values()["seed"] for spec in ready.pack.specs} == {0}
    assert set(broken.failed) == set(broken.pack.run_ids)
    said = f"needs:\nrun {of_seed[1][0]} of walk has failed (exception: ValueError: it fell)"
    assert all(text.startswith(said) for text in broken.failed.values())
    (wait,) = parts(pack, set(), {})
    assert re.fullmatch(r"waiting for run \w+ of walk and 3 more, needed before this", wait.wait)


def test_a_later_run_that_is_cut_anywhere_continues_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "PAUSE_S", 0.0)
    run = specs(stages.climb)[0]

    def earlier(table: str, run_ids: Any) -> list[dict[str, Any]]:
        return [{"run_id": i, "end": float(k), "x": float(k), "step": 19} for k, i in enumerate(run_ids)]

    class Stop(BaseException):
        pass

    def drive(state: State | None, see: Callable[[State], None]) -> State:
        last: State = type(run).drive([run], device=None, state=state, see=see, earlier=earlier)
        return last

    whole = drive(None, lambda _: None)
    for cut in range(1, 20):
        kept: list[State] = []

        def see(state: State, kept: list[State] = kept, cut: int = cut) -> None:
            kept.append(dataclasses.replace(state, values=dict(state.values)))
            if len(kept) > cut:
                raise Stop

        with pytest.raises(Stop):
            drive(None, see)
        assert repr(drive(kept[-1], lambda _: None).tables) == repr(whole.tables)


def test_results_that_a_run_does_not_have_are_told_in_one_line() -> None:
    with pytest.raises(EarlierError, match=r"this run has no results of `walk`: made by hand, it takes `Run\(earlier"):
        Run().results(stages.walk)
    assert Run(earlier=lambda table: [{"table": table}]).logged(stages.walk) == [{"table": "walk.log"}]

    @study(runs=grid(seed=0), after=stages.walk)
    def wrong(run: Run, *, seed: int) -> None:
        run.results(listed)

    with pytest.raises(EarlierError, match=r"`wrong` does not come after `listed`: name it in `after=` \(now: walk\)"):
        wrong.study.kinds[0].drive(specs(wrong), device=None, see=lambda _: None, earlier=lambda *_: [])  # type: ignore[attr-defined]


def test_what_no_study_can_come_after_is_refused_when_it_is_declared() -> None:
    with pytest.raises(ProjectError, match="study `f`: `after` must be studies of functions, defined before it, got 5"):

        @study(runs=grid(seed=0), after=5)
        def f(run: Run, *, seed: int) -> None: ...

    with pytest.raises(ProjectError, match="`climb` comes after walk, which it has not: add it to `studies`"):
        Project(name="p", studies=(stages.climb.study,))  # type: ignore[attr-defined]


def test_two_studies_in_a_circle_are_one_line_when_the_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "circle.py"
    head = "from jobs import Run, grid, study\n\n"
    one = "@study(runs=grid(seed=0), after={})\ndef {}(run: Run, *, seed: int): ...\n\n"
    path.write_text(head + one.format("b", "a") + one.format("a", "b"))
    said = hw1("list", out=tmp_path / "out", project=path, code=2)
    assert said == f"hw1: {path} cannot be imported: NameError: name 'b' is not defined (circle.py, line 3)\n"


def test_a_kind_of_ones_own_that_needs_a_run_of_a_study_it_does_not_come_after_is_told() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
    class Fit(Spec):
        kind = "fit"
        seed: int = 0

        def needs(self) -> tuple[Spec, ...]:
            return tuple(specs(listed)[:1])

    def project(*after: Study) -> Project:
        fits = Study(name="fits", specs=lambda *_: [Fit()], kinds=(Fit,), after=after)
        return Project(name="p", studies=(listed.study, fits))  # type: ignore[attr-defined]

    with pytest.raises(SweepError, match=r"`fits` needs a run of kind `listed`: give its study in `Study\(after=…\)`"):
        sweep(project(), studies=["fits"]).runs()
    (needed, _) = sweep(project(listed.study), studies=["fits"]).runs()  # type: ignore[attr-defined]
    assert needed.study is listed.study  # type: ignore[attr-defined]


@pytest.mark.slow
def test_both_are_trained_here_in_order_and_killed_in_between_continue_to_the_same_bits(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    said = hw1("plan", "--study", "climb", "--workers", "2", out=whole)
    assert "with 4 run(s) of walk, which others need: they come first" in said
    assert re.search(r"^02 +climb .* 00-01$", said, re.MULTILINE)
    run_id = specs(stages.climb)[0].run_id
    assert re.search(r"cannot be trained yet: it needs 2 run\(s\) of walk", hw1("run", run_id, out=whole, code=2))
    assert "waiting  4 run(s) of climb, for 4 of walk" in hw1("status", out=whole)
    assert "all 8 runs are done" in hw1("submit", "--local", "--study", "climb", out=whole)
    assert "climb.runs: 1 row(s): rate 2.0, seed 0, n 20, end" in hw1("run", run_id, out=whole)
    command = [sys.executable, "-c", "from jobs.cli.app import main; main()", "-p", str(STAGES), "submit", "--local"]
    for study_ in ("walk", "climb"):
        killed = subprocess.Popen([*command, "--out", str(cut)], stdout=subprocess.DEVNULL, start_new_session=True)
        late = time.monotonic() + 300
        while not any(beat.study == study_ for beat in Heartbeats(cut).read()):
            assert time.monotonic() < late
            time.sleep(0.05)
        os.killpg(killed.pid, signal.SIGTERM)
        killed.wait()
    assert "all 8 runs are done" in hw1("submit", "--local", out=cut)
    assert stored(cut) == stored(whole)
    printed = hw1("table", "--study", "climb", "--by", "rate", out=whole)
    assert re.findall(r"^([23]) .* 2$", printed, re.MULTILINE) == ["2", "3"], "the later study's own runs"


def test_a_run_whose_need_has_failed_fails_in_one_line_and_is_trained_after_a_retry(tmp_path: Path) -> None:
    said = hw1("submit", "--local", out=tmp_path, code=1, HW1_TEST_FALLS="1")
    assert len(re.findall(r"climb rate . seed 1: needs: run \w+ of walk has failed \(exception: V", said)) == 2
    states = [record["state"] for record in json.loads(hw1("list", "--json", out=tmp_path))]
    assert sorted(states) == ["done"] * 4 + ["failed"] * 4
    assert "4 run(s) are pending again" in hw1("retry", out=tmp_path)
    assert "all 8 runs are done" in hw1("submit", "--local", out=tmp_path)


def test_the_example_of_the_readme_runs(tmp_path: Path) -> None:
    path = tmp_path / "tuned.py"
    (text,) = re.findall(r"```python\n(.*?after=.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    path.write_text(text)
    assert "all 12 runs are done" in hw1("submit", "--local", "--study", "tune", out=tmp_path / "out", project=path)


def test_studies_in_modules_of_a_package_and_commands_come_after_each_other(tmp_path: Path) -> None:
    package, out = tmp_path / "chain", tmp_path / "out"
    package.mkdir()
    (package / "__init__.py").write_text("from chain.first import draw\nfrom chain.later import SUMS, square\n")
    (package / "first.py").write_text(
        "from jobs import Run, grid, study\n\n"
        "@study(runs=grid(width=[2, 3], seed=range(2)))\n"
        "def draw(run: Run, *, width: int, seed: int) -> dict:\n"
        "    run.log(drawn=width)\n"
        "    return {'x': 10 * width + seed}\n"
    )
    (package / "sums.py").write_text(
        "import json\n"
        "rows, logged = (json.load(open(f'draw.{table}.json')) for table in ('runs', 'log'))\n"
        "print(json.dumps({'total': sum(row['x'] for row in rows), 'drawn': sum(row['drawn'] for row in logged)}))\n"
    )
    (package / "later.py").write_text(
        "import sys\n"
        "from jobs import Run, grid, shell_study, study\n"
        "from chain.first import draw\n\n"
        "SUMS = shell_study('sums', sys.executable + ' {here}/sums.py', runs=grid(seed=range(2)), after=draw)\n\n"
        "@study(runs=grid(seed=range(2)), after=SUMS)\n"
        "def square(run: Run, *, seed: int) -> dict:\n"
        "    (row,) = run.results(SUMS)\n"
        "    return {'y': row['total'] ** 2}\n"
    )
    assert "all 8 runs are done" in hw1("submit", "--local", "--study", "square", out=out, project=package)
    frame = load(out)
    assert sorted(frame["total"].dropna()) == [50, 52]
    assert sorted(frame["drawn"].dropna()) == [5, 5]
    assert sorted(frame["y"].dropna()) == [2500, 2704]
