"""The record of where a run was trained."""

import pytest
import torch

from jobs.worker import provenance
from results import processors
from results.columns import checked
from results.schema import Schema


@pytest.mark.kernels
def test_a_run_records_the_cpu_that_decides_its_rounding() -> None:
    numerics = provenance.numerics()
    assert numerics["cpu"] == processors.model() != ""
    assert numerics["cpu_capability"] == torch.backends.cpu.get_cpu_capability()
    row = {"run_id": ["a"], "pack_id": ["p"], "kind": ["k"], "spec": ["{}"], **{k: [v] for k, v in numerics.items()}}
    assert checked("p", {"runs": row}, Schema())["runs"]["cpu"].to_pylist() == [processors.model()]
