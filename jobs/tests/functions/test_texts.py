"""A grid's ids are made piece by piece: they are those of the canonical texts."""

import json
from enum import Enum, IntEnum
from hashlib import sha256
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import ProjectError, Run, grid, study
from jobs.functions.spec import FunctionSpec


class Size(IntEnum):
    """Numbers by name."""

    SMALL = 3


class Rule(Enum):
    """Texts by name."""

    ADAM = 'b"é'


AXES = {
    "alpha": st.sampled_from([[0.1], [0.1, 1, 1e-7], [1.0, np.float64(2)], [-0.0, 1e300, 10**17], np.arange(2)]),
    "bias": st.sampled_from([[None, 2], [None], [True, 1.5], [1, False]]),
    "how": st.sampled_from([["a"], ["a", Rule.ADAM], ["\ud800", ""]]),
    "kin": st.sampled_from([[{}], [{"b": 1, "a": -0.0}, {"a": 0.5, "é": 1}]]),
    "kinds": st.sampled_from([[0.0], [-0.0], [0, 1]]),
    "late": st.sampled_from([[True], [True, False], np.array([False, True])]),
    "schem": st.sampled_from([[Size.SMALL, 2**63 - 1], [np.int64(-1)], [0]]),
    "sizes": st.sampled_from([[[8], [8, 4]], [(1,)], [np.arange(3), ()]]),
    "ähnlich": st.sampled_from([[1], [2, 1]]),
}
"""Values by parameter: names around `kind` and `schema`; of some a value is the default, or equal to it."""
SEEDS = st.sampled_from([range(1), range(3), [7, 10**12], np.arange(2)])


def fitting(runs: object) -> type[FunctionSpec]:
    """The class of a study's runs."""

    @study(runs=runs)  # type: ignore[arg-type]
    def fit(  # noqa: PLR0913
        run: Run,
        *,
        alpha: float = 0.1,
        bias: bool | float | None = 1,
        how: str,
        kin: dict[str, float],
        kinds: float = 0.0,
        late: bool = True,
        schem: int = 3,
        sizes: tuple[int, ...] = (8,),
        ähnlich: int,  # noqa: PLC2401
        seed: int = 7,
    ) -> None: ...

    kind: type[FunctionSpec] = fit.study.kinds[0]  # type: ignore[attr-defined]
    return kind


def check(kind: type[FunctionSpec], given_: dict[str, Any], seeds: Any) -> None:
    """Compare a grid's runs with those made one by one."""
    specs = list(kind.declared_runs("all", seeds))
    given_ = given_ if seeds is None else {**given_, "seed": seeds}
    names = list(specs[0].values())
    wanted = [kind(**dict(zip(names, values, strict=True))) for values in product(*(given_[name] for name in names))]
    assert [json.dumps(spec.values()) for spec in specs] == [json.dumps(spec.values()) for spec in wanted]
    assert [spec.run_id for spec in specs] == [sha256(s.canonical().encode()).hexdigest()[:16] for s in specs]
    assert [spec.run_id for spec in specs] == [spec.run_id for spec in wanted]


@given(st.fixed_dictionaries(AXES), st.permutations([*AXES, "seed"]), SEEDS, st.none() | SEEDS)
def test_a_grid_s_ids_are_those_of_its_runs_in_its_order(
    axes: dict[str, Any], order: list[str], declared: Any, seeds: Any
) -> None:
    given_ = {name: {**axes, "seed": declared}[name] for name in order}
    check(fitting(grid(**given_)), given_, seeds)


ONE: dict[str, Any] = {"how": "a", "kin": {}, "ähnlich": 1}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32("-inf"), "1", [1.0], True])
def test_a_grid_refuses_what_has_no_text(bad: object) -> None:
    with pytest.raises(ProjectError, match="`alpha`"):
        fitting(grid(**ONE, alpha=[[0.1], bad] if isinstance(bad, list) else [0.1, bad]))


@pytest.mark.parametrize("twice", [[0.0, -0.0], [1, 1.0], [0.5, 2, np.float64(0.5)]])
def test_a_value_is_there_once_however_it_is_written(twice: list[Any]) -> None:
    with pytest.raises(ProjectError, match=r"`kinds` has the value .* twice"):
        fitting(grid(**ONE, kinds=twice))


@pytest.mark.parametrize("twice", [[1, True], [2, 1.0, 1], [True, 0, 1.0]])
def test_so_is_a_value_that_equals_the_default_and_in_rows_too(twice: list[Any]) -> None:
    with pytest.raises(ProjectError, match=r"`bias` has the value .* twice"):
        fitting(grid(**ONE, bias=twice))
    with pytest.raises(ProjectError, match=r"runs \d and \d have the same parameters"):
        fitting([{**ONE, "bias": value} for value in twice])
    assert len(fitting(grid(**ONE, bias=[0, False])).declared.rows(None)) == 2  # type: ignore[arg-type]


def test_seeds_are_of_the_parameter_s_type_as_a_worker_makes_them_again() -> None:
    runs: Any
    for runs in (grid(seed=[0.5, 1]), [{"seed": 0.5}, {"seed": 1}]):

        @study(runs=runs)
        def fit(run: Run, *, seed: float) -> None: ...

        kind = fit.study.kinds[0]  # type: ignore[attr-defined]
        specs = list(kind.declared_runs("all", range(2)))
        assert [spec.run_id for spec in specs] == [kind(**spec.values()).run_id for spec in specs]
        assert [type(spec.values()["seed"]) for spec in specs] == [float, float]
        assert {spec.run_id for spec in specs} & {kind(seed=1.0).run_id}


def test_seeds_that_a_study_cannot_take_are_refused_before_any_task() -> None:
    @study(runs=grid(seed=["a", "b"]))
    def fit(run: Run, *, seed: str) -> None: ...

    with pytest.raises(ProjectError, match=r"study `fit`: `seed` must be str, got 0"):
        list(fit.study.specs("all", range(2)))  # type: ignore[attr-defined]
