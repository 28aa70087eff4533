"""Two kinds of run that declare columns of one table."""

from pathlib import Path

import pytest

from jobs import project_of
from jobs.tests.commands import hw1
from jobs.verdicts import page_of

FILE = """
from dataclasses import dataclass
from typing import ClassVar

from jobs import Column, Project, Spec, State, Study, Table

def error(name, unit):
    return (Table(name="runs", columns=(Column(name=name, type="float64", label="error", unit=unit),)),)

@dataclass(frozen=True, kw_only=True, slots=True)
class Voltage(Spec):
    kind: ClassVar[str] = "voltage"
    needs_torch: ClassVar[bool] = False
    seed: int

    @classmethod
    def tables(cls):
        return error("error", "V")

    @classmethod
    def train(cls, specs, *, device, state=None):
        raise AssertionError("trained")

@dataclass(frozen=True, kw_only=True, slots=True)
class Length(Voltage):
    kind: ClassVar[str] = "length"

    @classmethod
    def tables(cls):
        return error({name!r}, "m")

def study(kind):
    return Study(name=kind.kind, kinds=(kind,), specs=lambda preset, seeds: [kind(seed=0)])

PROJECT = Project(name="two", studies=(study(Voltage), study(Length)))
"""


def written(folder: Path, name: str) -> str:
    path = folder / f"two_units_{name}.py"
    path.write_text(FILE.replace("{name!r}", repr(name)))
    return str(path)


@pytest.mark.parametrize("command", [("submit", "--local"), ("report",)])
def test_one_column_in_two_units_is_refused_in_one_line_before_anything_is_trained(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = hw1("-p", written(tmp_path, "error"), *command, out=tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    said = "`runs.error` is in V for voltage, and in m for length: give one another name"
    assert done.stderr == f"hw1: project two: {said}\n"


def test_columns_that_two_kinds_add_to_one_table_both_keep_their_units(tmp_path: Path) -> None:
    labels = page_of(project_of(written(tmp_path, "distance"))).labels
    assert [labels.axis(name) for name in ("error", "distance")] == ["error [V]", "error [m]"]
