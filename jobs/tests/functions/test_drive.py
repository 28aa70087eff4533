"""Runs of a pack: their rows, their failures, and what is left after a cut."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from jobs import Run, grid, study
from jobs.state import State


class Stop(BaseException):
    """As a worker stops a pack."""


def drive(
    of: Any, *, specs: Any = None, state: State | None = None, see: Callable[[State], None] = lambda _: None
) -> State:
    runs = list(of.study.specs("all", None)) if specs is None else specs
    last: State = of.study.kinds[0].drive(runs, device=None, state=state, see=see)
    return last


def stored(state: State) -> State:
    """As it comes back from a checkpoint: plain values only."""
    values = dict(state.values)
    assert {name: type(value) for name, value in values.items()} == {"kept": bytes}
    return State(step=state.step, n_steps=state.n_steps, unit=state.unit, fraction=state.fraction, values=values)


def cut_everywhere(of: Any) -> State:
    """The last state of a pack that is cut at each of its states, and continued from there."""
    at: State | None = None
    while True:
        seen: list[State] = []

        def see(state: State, seen: list[State] = seen) -> None:
            seen.append(state)
            if len(seen) == 2:
                seen.append(stored(state))
                raise Stop

        try:
            return drive(of, state=at, see=see)
        except Stop:
            at = seen[-1]


def same(of: Any) -> State:
    whole, cut = drive(of), cut_everywhere(of)
    assert repr(cut.tables) == repr(whole.tables)
    assert cut.failures == whole.failures
    return whole


@study(runs=grid(scale=[1, 2], seed=range(2)))
def walk(run: Run, *, scale: float, seed: int) -> dict[str, float]:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is what is tested
    own, array, best, seen = np.random.default_rng(seed), np.zeros(3), {"x": 0.0}, [random.random()]
    run.log(phase="before")
    for step in run.steps(5, keep={"own": own, "array": array, "best": best, "seen": seen}):
        array += scale * own.normal(size=3) + np.random.normal()  # noqa: NPY002
        best["x"] = max(best["x"], float(array[0]))
        seen.append(random.random())
        run.log(epoch=step, x=array[0])
    return {"best": best["x"], "last": array[-1], "n": len(seen), "drawn": sum(seen)}


def test_a_pack_cut_at_every_step_ends_with_the_same_bits() -> None:
    tables = same(walk).tables
    assert tables is not None
    assert {name: len(of["run_id"]) for name, of in tables.items()} == {"runs": 4, "walk.runs": 4, "walk.log": 24}
    assert list(tables["walk.runs"]) == ["run_id", "scale", "seed", "best", "last", "n", "drawn"]
    assert tables["walk.log"]["step"][:6] == [0, 0, 1, 2, 3, 4]
    assert tables["walk.log"]["epoch"][:3] == [None, 0, 1]


def test_a_runs_numbers_do_not_depend_on_its_pack() -> None:
    runs = list(unseeded.study.specs("all", None))
    tables = drive(unseeded).tables
    alone = [drive(unseeded, specs=[run]).tables for run in runs]
    assert tables is not None
    assert tables["unseeded.runs"]["x"] == [of["unseeded.runs"]["x"][0] for of in alone if of is not None]


@study(runs=grid(a=range(3)))
def unseeded(run: Run, *, a: int) -> dict[str, float]:
    return {"x": random.random() + np.random.random()}  # noqa: NPY002


class Thing:
    total = 0.0

    def __init__(self) -> None:  # noqa: D107
        self.parts = [0]


@study(runs=grid(seed=[1]))
def phases(run: Run, *, seed: int) -> dict[str, float]:
    random.seed(seed)
    thing, last = Thing(), {"x": 0.0}
    for step in run.steps(9, keep={"thing": thing, "last": last}):
        thing.total += random.random()
        thing.parts.append(step)
        last["x"] = random.random()
        if step == 3:
            break
    thing.total *= 2
    run.log(total=thing.total)
    for step in run.steps(3, keep={"thing": thing}):
        thing.total += random.random() * last["x"]
        run.log(total=thing.total, inner=step)
    return {"total": thing.total, "n": len(thing.parts)}


def test_loops_one_after_the_other_continue_each_where_it_was() -> None:
    tables = same(phases).tables
    assert tables is not None
    assert tables["phases.log"]["step"] == [4, 4, 5, 6]
    assert tables["phases.runs"]["n"] == [5]


def test_a_state_is_made_only_when_it_is_read() -> None:
    n_saved = []

    class Counted(dict[str, int]):
        def __iter__(self) -> Any:
            n_saved.append(1)
            return super().__iter__()

        def keys(self) -> Any:
            n_saved.append(1)
            return super().keys()

    @study(runs=grid(a=[1]))
    def f(run: Run, *, a: int) -> None:
        for _ in run.steps(100, keep={"counted": Counted(x=1)}):
            pass

    drive(f)
    assert len(n_saved) <= 3  # once to see that it can be saved, once at the loop's end


def test_fractions_are_of_the_whole_pack_and_rise() -> None:
    seen: list[State] = []
    drive(walk, see=seen.append)
    fractions = [state.fraction for state in seen]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < fractions[-1] < 1
    assert {(state.unit, state.n_steps) for state in seen} == {("run", 4)}
    alone: list[State] = []
    drive(phases, see=alone.append)
    assert (alone[1].unit, alone[1].step, alone[1].n_steps) == ("step", 1, 9)


@study(runs=grid(a=range(4)))
def some_fail(run: Run, *, a: int) -> dict[str, float]:
    if a == 1:
        raise RuntimeError("a is one")
    run.log(a=a)
    return {"final": float("nan") if a == 2 else a}


def test_a_run_that_raises_or_returns_nan_fails_alone_with_a_line_that_says_why() -> None:
    last = same(some_fail)
    ids = [run.run_id for run in some_fail.study.specs("all", None)]
    assert last.tables is not None
    assert last.tables["runs"]["run_id"] == [ids[0], ids[3]]
    assert last.failures[ids[1]].splitlines()[-1] == "RuntimeError: a is one"
    assert last.failures[ids[2]] == "nan: `final` is nan"
    assert last.tables["some_fail.log"]["run_id"] == [ids[0], ids[3]]


def test_a_run_that_raises_once_a_stop_was_asked_for_leaves_it_to_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.functions.drive.stop_requested", lambda: True)
    with pytest.raises(RuntimeError, match="a is one"):
        drive(some_fail)


def test_a_run_alone_that_raises_leaves_it_to_its_worker() -> None:
    with pytest.raises(RuntimeError, match="a is one"):
        drive(some_fail, specs=[list(some_fail.study.specs("all", None))[1]])


def one(body: Callable[[Run], Any]) -> Any:
    @study(runs=grid(a=[1]), name="one")
    def f(run: Run, *, a: int) -> Any:
        return body(run)

    return f


def logs(*rows: dict[str, object]) -> Callable[[Run], None]:
    def body(run: Run) -> None:
        for row in rows:
            run.log(**row)

    return body


def stepping(**keep: object) -> Callable[[Run], None]:
    return lambda run: list(run.steps(1, keep=keep)) and None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (logs({"x": 1.0}, {"x": "b"}), r"^run.log, row 2: `x` is str, and was float before: one column, one type$"),
        (logs({"x": [1]}), r"^run.log, row 1: `x` must be a number, text, true, false or None, got list$"),
        (logs({"x": np.zeros(2)}), r"got shape \(2,\)$"),
        (lambda _: 3, r"^study `one` returned int: it must be a dict of metrics, or None$"),
        (lambda _: {"a": 3}, "`a`, which is a parameter"),
        (lambda _: {"study": 3}, "`study`, which is every run's own: give the metric another name"),
        (logs({"label": 1}), "^run.log, row 1: `label` is every row's own, use another name$"),
        (stepping(best=3), r"^`keep`: `best` is of type int, which cannot be put back in place: keep a dict or list"),
        (stepping(text="a"), "`text` is of type str"),
        (stepping(each=iter([])), r"`each` \(list_iterator\) cannot be saved"),
        (stepping(found={"f": lambda: 0}), r"`found` \(dict\) cannot be saved: "),
        (
            stepping(rngs=[np.random.default_rng(0)]),
            r"`rngs` holds a Generator: give each such object a name of its own",
        ),
        (
            lambda run: [list(run.steps(2)) for _ in run.steps(2)],
            r"^run.steps within run.steps: .*use `range` within it$",
        ),
        (lambda run: run.steps(-1), "must be an int of at least 0, got -1"),
    ],
)
def test_a_mistake_in_a_function_is_one_line(body: Callable[[Run], Any], words: str) -> None:
    with pytest.raises((TypeError, RuntimeError), match=words) as error:
        drive(one(body))
    assert "\n" not in str(error.value)


def test_an_open_file_cannot_be_kept(tmp_path: Any) -> None:
    with (
        (tmp_path / "x").open("w") as file,
        pytest.raises(TypeError, match=r"`file` \(TextIOWrapper\) cannot be saved"),
    ):
        drive(one(stepping(file=file)))


def test_ints_among_floats_make_a_column_of_floats_and_scalars_of_numpy_are_numbers() -> None:
    tables = drive(one(logs({"x": 1}, {"x": np.float32(0.5)}, {"y": np.int64(3), "z": np.bool_(True)}))).tables  # noqa: FBT003
    assert tables is not None
    log = tables["one.log"]
    assert (log["x"], log["y"], log["z"]) == ([1.0, 0.5, None], [None, None, 3], [None, None, True])
    assert [type(value) for value in log["x"]] == [float, float, type(None)]


def test_a_run_has_a_folder_of_its_own_until_it_ends() -> None:
    folders = []

    def body(run: Run) -> None:
        (run.folder / "x").write_text("x")
        folders.append(run.folder)

    drive(one(body))
    assert not folders[0].exists()


def test_a_plain_run_steps_and_logs_by_hand() -> None:
    run = Run()
    assert walk(run, scale=1.0, seed=0)["n"] == 6
    assert run.rows.n_rows == 6
