"""The record of where a run was trained."""

from pathlib import Path

import pytest
import torch

from hw1.tests import made
from jobs.pack import Pack
from jobs.spec import Spec
from jobs.state import State
from jobs.worker import provenance
from jobs.worker.commits import Commits
from jobs.worker.logs import Log
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


@pytest.mark.parametrize(("spec", "version"), [(made.empty(), None), (made.fit(), torch.__version__)])
def test_of_a_worker_that_has_imported_torch_only_runs_that_may_use_it_say_so(
    spec: Spec, version: str | None, tmp_path: Path
) -> None:
    pack = Pack("a study", 1, (spec,))
    commits = Commits(tmp_path, (), provenance.Code(commit="", dirty=False))
    tables = {"runs": {"run_id": [spec.run_id], "pack_seconds": [1.0]}}
    last = State(step=1, n_steps=1, unit="run", fraction=1.0, values={}, tables=tables)
    with Log(tmp_path, pack) as log:
        assert commits.commit(pack, last, {}, log, device=None)
    (row,) = commits.store.read("runs").to_pylist()
    assert (row["torch"], row["cpu_capability"] is None) == (version, version is None)
