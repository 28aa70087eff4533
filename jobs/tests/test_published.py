"""The printed numbers are held against runs that preset `notebook` makes."""

import json

from hw1.published.measured import setting
from hw1.published.printed import printed
from hw1.tests.sweeps import sweep


def test_every_printed_number_is_of_a_run_of_preset_notebook() -> None:
    made = {setting(json.loads(run.spec.canonical())) for run in sweep(preset="notebook").runs()}
    assert {setting(series.spec) for series in printed().series} <= made
