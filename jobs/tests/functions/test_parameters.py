"""Parameters of a study: what is taken, what is refused and in which words."""

import hashlib
import inspect
import json
import pickle
import sys
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import Run, Spec, Study, grid, shell_study, study
from jobs.errors import ProjectError
from jobs.functions.spec import FunctionSpec
from jobs.functions.values import fitted, plain, typed
from jobs.spec import from_json


@study(runs=grid(lr=[1e-3, 1], width=[8, 32], seed=range(3), epochs=60), smoke={"epochs": 2}, version=3)
def mlp(  # noqa: PLR0913 - a study has the parameters it has
    run: Run, *, lr: float, width: int, seed: int, epochs: int = 10, act: Literal["relu", "tanh"] = "relu"
) -> None:
    """Learning rates against widths."""


def kind(of: Any) -> type[FunctionSpec]:
    made: type[FunctionSpec] = of.study.kinds[0]
    return made


def specs(of: Any, seeds: Any = None) -> list[Any]:
    return list((of if isinstance(of, Study) else of.study).specs("all", seeds))


def declared(**options: Any) -> Callable[..., Any]:
    @study(name="f", **options)
    def f(run: Run, *, lr: float, layers: tuple[int, ...] = (), seed: int = 0) -> None: ...

    return f


def test_a_grid_is_every_combination_and_a_scalar_is_one_value() -> None:
    assert [tuple(run.values().values()) for run in specs(mlp)][:4] == [
        (1e-3, 8, 0, 60, "relu"),
        (1e-3, 8, 1, 60, "relu"),
        (1e-3, 8, 2, 60, "relu"),
        (1e-3, 32, 0, 60, "relu"),
    ]
    assert len(specs(mlp)) == 12
    assert mlp.study.title == "Learning rates against widths"


def test_the_id_is_the_hash_of_kind_schema_and_what_differs_from_the_default() -> None:
    text = '{"epochs":60,"kind":"mlp","lr":0.001,"schema":3,"seed":0,"width":8}'
    first = specs(mlp)[0]
    assert first.canonical() == text
    assert first.run_id == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert (
        kind(mlp)(lr=1, width=8, seed=0, epochs=10).canonical()
        == '{"kind":"mlp","lr":1.0,"schema":3,"seed":0,"width":8}'
    )


@given(st.floats(allow_nan=False, allow_infinity=False), st.lists(st.integers(-5, 5)), st.integers(-9, 9))
def test_a_spec_comes_back_from_its_text_and_from_pickle(lr: float, layers: list[int], seed: int) -> None:
    spec = kind(deep)(lr=lr, layers=layers, seed=seed)
    for again in (from_json(spec.canonical(), {"deep": kind(deep)}), pickle.loads(pickle.dumps(spec))):  # noqa: S301
        assert again == spec
        assert hash(again) == hash(spec)
        assert again.run_id == spec.run_id
        assert again.values() == spec.values() == json.loads(json.dumps(spec.values()))


@study(runs=[{"lr": 0.1}])
def deep(run: Run, *, lr: float, layers: tuple[int, ...] = (), seed: int = 0) -> None: ...


def test_parameters_may_have_the_names_of_a_specs_own_methods() -> None:
    @study(runs=grid(shape=["a", "b"], group=[1, 2], replace=[0.5], values=3, tables=None))
    def odd(  # noqa: PLR0913
        run: Run, *, shape: str, group: int, replace: float, values: int, tables: int | None
    ) -> None: ...

    spec = specs(odd)[0]
    assert spec.values() == {"shape": "a", "group": 1, "replace": 0.5, "values": 3, "tables": None}
    assert (spec.label, spec.group, spec.seconds([spec])) == ("shape a group 1", "odd", 10.0)
    assert isinstance(spec, Spec)


def test_a_label_has_what_varies_and_what_is_unusual() -> None:
    first = specs(mlp)[0]
    assert first.label == first.smoke().label == "lr 0.001 width 8 seed 0"
    assert first.replace(act="tanh").label == "lr 0.001 width 8 seed 0 act tanh"
    assert specs(deep)[0].label == "lr 0.1 layers  seed 0"


def test_seeds_replace_the_declared_ones_in_grids_and_in_lists() -> None:
    assert [run.values()["seed"] for run in specs(mlp, (7, 8))] == [7, 8] * 4
    rows = declared(runs=[{"lr": 1, "seed": 0}, {"lr": 1, "seed": 1}, {"lr": 2}])
    assert [(run.values()["lr"], run.values()["seed"]) for run in specs(rows, (5, 6))] == [
        (1, 5),
        (1, 6),
        (2, 5),
        (2, 6),
    ]
    assert [run.values()["seed"] for run in specs(declared(runs=grid(lr=[1])), range(2))] == [0, 1]


def test_runs_may_be_a_generator_a_frame_or_a_callable() -> None:
    pandas, numpy = pytest.importorskip("pandas"), pytest.importorskip("numpy")
    ways: list[Any] = [
        ({"lr": lr} for lr in (1.0, 2.0)),
        pandas.DataFrame({"lr": [1.0, 2.0]}),
        lambda: [{"lr": 1}, {"lr": 2}],
        grid(lr=numpy.linspace(1, 2, 2)),
    ]
    for runs in ways:
        f = declared(runs=runs)
        assert [run.values()["lr"] for run in specs(f)] == [1.0, 2.0]
        assert [type(run.values()["lr"]) for run in specs(f)] == [float, float]


def test_a_typed_value_fits_its_parameter_or_is_refused() -> None:
    spec = specs(deep)[0]
    assert spec.parsed("lr", "1") == 1.0
    assert spec.parsed("layers", "[8, 32]") == [8, 32]
    with pytest.raises(TypeError, match=r"`seed` must be int, got 'x' \(str\)"):
        spec.parsed("seed", "x")


def test_runs_that_a_callable_cannot_make_are_told_in_one_line_with_where() -> None:
    of = declared(runs=lambda: 1 // 0)
    words = r"^study `f`: its `runs` cannot be made: ZeroDivisionError: .* \(test_parameters\.py, line \d+\)$"
    with pytest.raises(ProjectError, match=words):
        specs(of)


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (grid(lr=["x"]), r"^study `f`: `lr` must be float, got 'x' \(str\)$"),
        (
            grid(lr=[1], layer=[1]),
            r"^study `f`: no parameter `layer`: there are lr, layers, seed; did you mean layers\?$",
        ),
        ([{"lr": 1}, {"seed": 2}], r"^study `f`: run 2: `lr` must be given, it has no default$"),
        (
            [{"lr": 1}, {"lr": 2}, {"lr": 1.0, "seed": 0}],
            r"runs 1 and 3 have the same parameters \(lr=1.0, .*leave one out$",
        ),
        (grid(lr=[0.1, 0.2, 0.1]), r"`lr` has the value 0.1 twice"),
        (grid(lr=[float("nan")]), "`lr` must be finite, got nan"),
        (grid(lr=[object]), "`lr` must be a number, text, true, false, None, or a list or dict of these, got"),
        ([{"lr": True}], r"`lr` must be float, got True \(bool\)"),
        ([3], "run 1 must be a dict of parameters, got 3"),
        ([], "at least one run"),
        (3, "^study `f`: `runs` must be a grid, a list of dicts, a frame, or a callable that gives them, got 3$"),
        (grid(lr=[1], seed=[0, 2**63]), r"^study `f`: `seed` must fit into 64 bits, got 9223372036854775808$"),
    ],
)
def test_wrong_runs_are_refused_in_one_line_when_they_are_declared(runs: Any, words: str) -> None:
    with pytest.raises(ProjectError, match=words) as error:
        declared(runs=runs)
    assert "\n" not in str(error.value)


def test_a_wrong_smoke_or_name_is_refused() -> None:
    with pytest.raises(ProjectError, match=r"study `f`: smoke: no parameter `epoch`"):
        declared(runs=grid(lr=1), smoke={"epoch": 2})
    with pytest.raises(ProjectError, match=r"study `MLP`: its name must be .* give `name=…`"):
        shell_study("MLP", "true", runs=grid(lr=1))
    with pytest.raises(ProjectError, match="grid: `lr` must have at least one value"):
        grid(lr=[])


def no_run() -> None: ...
def no_hint(run: Run, *, lr) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001
def no_json(run: Run, *, lr: type) -> None: ...
def reserved(run: Run, *, kind: int) -> None: ...
def anything(run: Run, **values: int) -> None: ...
def positional(run: Run, lr: float = "x") -> None: ...  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (no_run, "must take the run first"),
        (no_hint, r"`lr` needs an annotation, for example `lr: float`"),
        (no_json, r"`lr: type`: JSON has no such values"),
        (reserved, "no parameter may be called kind"),
        (anything, r"`\*\*values: int`: every parameter must be given by its name"),
        (positional, r"`lr` must be float, got 'x' \(str\)"),
    ],
)
def test_a_signature_that_is_no_studys_is_refused_with_the_right_one(function: Any, words: str) -> None:
    with pytest.raises(ProjectError, match=f"study `{function.__name__}`: .*{words}"):
        study(runs=grid(lr=1))(function)


@pytest.mark.parametrize(
    "name",
    ["study", "kind", "smoke", "fields", "label", "section", "n_params", "schema", "run_id", "device", "seconds"],
)
def test_a_parameter_that_clashes_with_what_every_run_has_is_refused_with_the_names_that_are_taken(name: str) -> None:
    def function(run: Run) -> None: ...

    keyword = inspect.Parameter.KEYWORD_ONLY
    named = [inspect.Parameter(name, keyword, annotation=int)]
    signature = inspect.signature(function)
    function.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *named])  # type: ignore[attr-defined]
    for door in (
        lambda: study(runs=grid(lr=1))(function),
        lambda: shell_study("echo", "echo", runs=[{name: 1}]),
    ):
        with pytest.raises(ProjectError, match=f"no parameter may be called {name}: .*taken are .*device.*study") as no:
            door()
        assert "\n" not in str(no.value)


@pytest.mark.parametrize(
    ("given_", "hint", "gets"),
    [
        (1, float, 1.0),
        (1, int | float, 1),
        ([1, 2], list[float], [1.0, 2.0]),
        ([1, "a"], tuple[int, str], (1, "a")),
        ({"a": [1]}, dict[str, list[float]], {"a": [1.0]}),
        (None, str | None, None),
    ],
)
def test_a_function_gets_what_its_annotation_says(given_: Any, hint: Any, gets: Any) -> None:
    assert fitted(given_, hint) == gets
    assert type(fitted(given_, hint)) is type(gets)
    assert plain(fitted(given_, hint)) == typed(json.dumps(given_), hint)


def test_a_function_remains_itself() -> None:
    assert mlp(Run(), lr=1.0, width=3, seed=0) is None
    assert sys.modules[mlp.__module__].mlp is mlp
