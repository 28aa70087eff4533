"""Identity: every value that changes a run's numbers, and nothing else."""

import copy
import dataclasses
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw1.project import PROJECT
from hw1.specs import FunctionFit
from hw1.tests import made
from jobs.spec import Spec

specs = st.builds(
    made.fit,
    seed=st.integers(0, 10**6),
    function=st.sampled_from(["sinc", "sign_sinc", "square_wave"]),
    hidden=st.lists(st.integers(1, 30), max_size=4).map(tuple),
    learning_rate=st.floats(1e-6, 1.0),
    loss_below=st.none() | st.floats(1e-6, 1.0),
)


@given(specs)
def test_a_spec_survives_its_canonical_text(spec: FunctionFit) -> None:
    assert PROJECT.spec(spec.canonical()) == spec
    assert PROJECT.spec(spec.canonical()).run_id == spec.run_id


@given(specs, st.integers(0, 10))
def test_a_kept_id_is_that_of_the_values(spec: FunctionFit, seed: int) -> None:
    text = json.dumps(json.loads(spec.canonical()), sort_keys=True, separators=(",", ":"), allow_nan=False)
    for _ in range(2):
        assert spec.run_id == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert spec.replace(seed=seed).run_id == made.fit(**{**spec.fields(), "seed": seed}).run_id
    assert copy.copy(spec) == spec
    assert copy.copy(spec).run_id == spec.run_id


@given(st.lists(specs, max_size=5))
def test_the_canonical_text_is_the_sorted_json_of_all_values_whatever_was_written_before(
    many: list[FunctionFit],
) -> None:
    for spec in many:
        values = {"kind": spec.kind, "schema": FunctionFit.schema, **spec.fields()}
        assert spec.canonical() == json.dumps(values, sort_keys=True, separators=(",", ":"))


def test_there_is_one_zero() -> None:
    one, other = made.fit(weight_decay=-0.0), made.fit(weight_decay=0.0)
    assert one.canonical() == other.canonical()
    assert "-0.0" not in one.canonical()


@given(specs, specs)
def test_two_specs_share_an_id_only_if_all_their_values_agree(one: FunctionFit, other: FunctionFit) -> None:
    assert (one.run_id == other.run_id) == (one == other)


@pytest.mark.parametrize(
    "spec", [made.fit(), made.classifier(), made.interpolation(), made.sensitivity(snapshots=True)]
)
def test_every_field_is_part_of_the_identity(spec: FunctionFit) -> None:
    others = {"seed": 1, "dataset": "kmnist", "output_bias": False, "hidden": (9,), "snapshots": False}
    others |= dict.fromkeys(("epsilons", "adaptive_epsilons", "rescale_factors"), (2.0,))
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        if isinstance(value, float):
            others[field.name] = value + 0.5
        elif isinstance(value, int) and not isinstance(value, bool):
            others[field.name] = value + 1
        if field.name in others:
            assert spec.replace(**{field.name: others[field.name]}).run_id != spec.run_id, field.name


def test_an_id_is_16_hex_digits_that_no_refactoring_may_change() -> None:
    assert FunctionFit.schema == 1
    assert made.fit().run_id == "29ed9a111fea8940"


LOW = [made.convolutional(), made.convolutional(model="cnn"), made.interpolation(), made.barrier(), made.corrupted()]


@pytest.mark.parametrize("spec", LOW, ids=lambda spec: f"{spec.kind} {spec.model}")
def test_a_field_that_has_its_default_is_left_out_of_the_identity_and_any_other_value_is_part_of_it(spec: Spec) -> None:
    low = spec.replace(precision="bfloat16")
    assert "precision" not in spec.canonical()
    assert '"precision":"bfloat16"' in low.canonical()
    assert low.run_id != spec.run_id
    assert PROJECT.spec(low.canonical()) == low
    assert (spec.values()["precision"], low.values()["precision"]) == ("float32", "bfloat16")


@pytest.mark.parametrize("spec", [made.classifier(), made.surface(), made.sensitivity()])
def test_what_cannot_be_trained_in_bfloat16_says_in_what_it_can(spec: Spec) -> None:
    with pytest.raises(ValueError, match=rf"`precision` must be float32 for kind '{spec.kind}' with model"):
        spec.replace(precision="bfloat16")


def test_a_precision_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="`precision` must be one of 'float32', 'bfloat16', got 'bf16'"):
        made.convolutional(precision="bf16")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"learning_rate": 1}, r"`learning_rate` must be float, got 1 \(int\)"),
        ({"seed": 1.0}, r"`seed` must be int, got 1.0 \(float\)"),
        ({"seed": True}, r"`seed` must be int, got True \(bool\)"),
        ({"output_bias": 1}, r"`output_bias` must be bool"),
        ({"hidden": [4]}, r"`hidden` must be tuple\[int, ...\], got \[4\] \(list\)"),
        ({"hidden": (4, 2.0)}, r"`hidden` must be tuple"),
        ({"function": "cosine"}, r"`function` must be one of 'sinc', 'sign_sinc', 'square_wave'"),
        ({"loss_below": 1}, r"`loss_below` must be float \| None"),
        ({"seed": "0", "hidden": 3}, r"`seed` must be int.*; `hidden` must be"),
    ],
)
def test_a_value_of_another_type_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        made.fit(**wrong)


def test_an_unknown_kind_or_schema_is_refused() -> None:
    with pytest.raises(ValueError, match=r"schema 2: this version knows .*function_fit.*schema 1"):
        PROJECT.spec(made.fit().canonical().replace('"schema":1', '"schema":2'))
