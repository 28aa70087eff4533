"""Ids of the report's runs: those that results are stored under."""

import hashlib

import pytest

from hw1.project import PROJECT, REFERENCE
from hw1.tests.sweeps import sweep
from results.frames import load
from results.tests.stores import Store

IDS = {
    ("report", False): (390, "448bca1ec59844ecaf7d9160a6e3ee6beb9589ec336e558b40fdbbac1a346fd5"),
    ("report", True): (390, "1ae022a5409e615f06cf6646c3ef4821ea2495e7a32fdb4448f52e603664deda"),
    ("notebook", False): (384, "19c16ebfb92a09fc2b70e2908544cca30caf48cea9d47ff95b4287cb52d799cf"),
    ("notebook", True): (384, "9d206d3cac9243747d37f503d75ea7dbe6050861a1af504fd1c22edc9fea3627"),
    ("extended", False): (750, "956ca0d115a95eb9c6b4a4b7d410341687d2c578f5c7b544672539d9e989158f"),
    ("extended", True): (750, "b9bbe68256ef7b1d12c7efcf5562840a9e2f254f419e26d8ab8c1ca475a40e77"),
}
"""By preset and whether it is its smoke version: how many ids three seeds have, and the SHA-256 of them, sorted.

They may never change: stores, here and at others, hold finished runs under these ids, which would all be pending again.
A trainer that gives other numbers raises its kind's `schema`, and only then are these new.
"""


@pytest.mark.parametrize(("preset", "smoke"), IDS)
def test_the_ids_of_every_preset_are_those_that_results_were_stored_under(preset: str, smoke: bool) -> None:
    ids = sorted(run.run_id for run in sweep(preset=preset, n_seeds=3, smoke=smoke).runs())
    assert (len(ids), hashlib.sha256(" ".join(ids).encode()).hexdigest()) == IDS[preset, smoke]


def test_results_that_come_with_the_code_are_of_runs_that_are_still_made() -> None:
    every_study = PROJECT.select((), "extended")
    every = [sweep(preset=p, studies=every_study, n_seeds=100) for p in ("extended", "notebook")]
    specs = {run.run_id: run.spec.canonical() for of in every for run in of.runs()}
    stored = load(REFERENCE)["runs"]
    assert len(stored) > 600
    assert dict(zip(stored["run_id"], stored["spec"], strict=True)).items() <= specs.items()


def test_ids_that_runs_were_trained_under_have_not_changed() -> None:
    trained = Store(REFERENCE).read("runs")
    assert len(trained) > 600
    for run_id, text in zip(*(trained[name].to_pylist() for name in ("run_id", "spec")), strict=True):
        assert (PROJECT.spec(text).run_id, PROJECT.spec(text).canonical()) == (run_id, text)
