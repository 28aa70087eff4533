"""What a typed name means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.sweep import SweepError
from jobs.typed import Named, one

RUNS = ["3f2a000000000001", "3f2b000000000002", "2026111100000003", "cafe000000000004"]
SUBMISSIONS = ["20261125T184009-3f2a11", "20261126T090000-0cafe0"]
IDS = {"run": RUNS, "submission": SUBMISSIONS}
WHOLE = {"study": ["simulate", "cnn", "cafe"]}


def meant(name: str) -> Named:
    return one(name, whole=WHOLE, ids=IDS, none="is nothing here")


@pytest.mark.parametrize(
    ("name", "kind", "whole"),
    [
        ("3f2a", "run", "3f2a000000000001"),
        ("3f2b000000000002", "run", "3f2b000000000002"),
        ("20261125", "submission", "20261125T184009-3f2a11"),
        ("simulate", "study", "simulate"),
        ("cnn", "study", "cnn"),
    ],
)
def test_a_name_that_fits_one_thing_is_that_thing(name: str, kind: str, whole: str) -> None:
    assert meant(name) == Named(kind, whole)


@pytest.mark.parametrize("name", ["", " ", "\t\n"])
def test_an_empty_name_means_nothing(name: str) -> None:
    with pytest.raises(SweepError, match=r"an empty name .* is a variable of your shell unset"):
        meant(name)


@pytest.mark.parametrize("name", ["2", "20", "3f2"])
def test_a_name_shorter_than_four_characters_must_be_whole(name: str) -> None:
    with pytest.raises(SweepError, match=f"'{name}' is nothing here; of an id give at least 4 characters"):
        meant(name)


@pytest.mark.parametrize(
    ("name", "things"),
    [
        ("2026", [f"run {RUNS[2]}", f"submission {SUBMISSIONS[0]}", f"submission {SUBMISSIONS[1]}"]),
        ("2026112", [f"submission {SUBMISSIONS[0]}", f"submission {SUBMISSIONS[1]}"]),
        ("cafe", [f"run {RUNS[3]}", "study cafe"]),
    ],
)
def test_a_name_that_fits_several_things_lists_them(name: str, things: list[str]) -> None:
    with pytest.raises(SweepError, match=f"fits {len(things)} things") as refused:
        meant(name)
    assert ", ".join(things) in str(refused.value)


def test_of_very_many_things_some_are_listed_and_the_others_counted() -> None:
    runs = [f"3f2a{k:012x}" for k in range(5000)]
    with pytest.raises(SweepError, match=r"fits 5000 things, .*, 4992 more$"):
        one("3f2a", whole={}, ids={"run": runs}, none="")


@pytest.mark.parametrize("name", ["simul", "ffff", "3f2a ", "20261125T184009-3f2a11x"])
def test_a_name_that_nothing_has_is_refused(name: str) -> None:
    with pytest.raises(SweepError, match="is nothing here"):
        meant(name)


@given(st.text(max_size=6))
def test_whatever_is_typed_means_one_thing_that_it_begins_or_nothing(name: str) -> None:
    try:
        found = meant(name)
    except SweepError:
        return
    assert found.name.startswith(name)
    assert sum(each.startswith(name) for each in RUNS + SUBMISSIONS) + (name in WHOLE["study"]) == 1
