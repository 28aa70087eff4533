"""Identity: every value that changes a run's numbers, and nothing else."""

import copy
import dataclasses
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw1.specs import SCHEMA, FunctionFit, from_json
from hw1.tests import made

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
    assert from_json(spec.canonical()) == spec
    assert from_json(spec.canonical()).run_id == spec.run_id


@given(specs, st.integers(0, 10))
def test_a_kept_id_is_that_of_the_values(spec: FunctionFit, seed: int) -> None:
    text = json.dumps(json.loads(spec.canonical()), sort_keys=True, separators=(",", ":"), allow_nan=False)
    for _ in range(2):
        assert spec.run_id == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert spec.replace(seed=seed).run_id == made.fit(**{**spec.fields(), "seed": seed}).run_id
    assert copy.copy(spec) == spec
    assert copy.copy(spec).run_id == spec.run_id


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
    assert SCHEMA == 1
    assert made.fit().run_id == "29ed9a111fea8940"


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
        from_json(made.fit().canonical().replace('"schema":1', '"schema":2'))
