"""Made-up sweeps, and one report of them, shared by the tests."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from analysis.render import write_report
from hw1.page import PAGE
from hw1.tests.page import synthetic, synthetic_rows
from results.checksums import File

COLLECTED = (
    File(name="collected/runs.parquet", sha256="0123456789abcdef" * 4, n_bytes=27167, n_rows=128),
    File(name="collected/curves.parquet", sha256="fedcba9876543210" * 4, n_bytes=1403235, n_rows=324721),
)
"""Made-up files that the report is told to be of."""


class Sweep(NamedTuple):
    """A manifest and the tables of its runs."""

    manifest: pd.DataFrame
    tables: dict[str, pd.DataFrame]

    def less(self, run_ids: pd.Series) -> "Sweep":
        """The same sweep without these rows of `runs`, as when a pack is cut before its commit."""
        runs = self.tables["runs"]
        return Sweep(self.manifest, self.tables | {"runs": runs[~runs["run_id"].isin(run_ids)]})


def _sweep(*, seeds: int = 1, smoke: bool = False) -> Sweep:
    manifest = synthetic.manifest(seeds=seeds, smoke=smoke)
    return Sweep(manifest, synthetic_rows.tables(manifest))


@pytest.fixture(scope="session")
def sweep() -> Sweep:
    """Every run of every study, one seed."""
    return _sweep()


@pytest.fixture(scope="session")
def seeds() -> Sweep:
    """Three seeds of every study."""
    return _sweep(seeds=3)


@pytest.fixture(scope="session")
def smoke() -> Sweep:
    """A smoke sweep."""
    return _sweep(smoke=True)


@pytest.fixture(scope="session")
def partial(sweep: Sweep) -> Sweep:
    """One seed of every study without the CNN, which failed, and without all of `random_labels`."""
    manifest = sweep.manifest
    cnn = manifest.loc[manifest["model"] == "cnn", "run_id"]
    failure = {"run_id": cnn, "failure": "out of memory", "message": "tried to allocate 2 GiB | <b>and more</b>"}
    left = sweep.less(pd.concat([cnn, manifest.loc[manifest["study"] == "random_labels", "run_id"]]))
    return Sweep(manifest, left.tables | {"failures": pd.DataFrame(failure)})


class Report(NamedTuple):
    """A written report: its folder, the files that `write_report` named, and what it told of its progress."""

    folder: Path
    files: list[Path]
    told: list[tuple[int, int]]


@pytest.fixture(scope="session")
def report(partial: Sweep, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of the partial sweep."""
    folder, told = tmp_path_factory.mktemp("report"), list[tuple[int, int]]()
    files = write_report(
        PAGE, *partial, folder, options=["--seeds", "1"], files=COLLECTED, progress=lambda *of: told.append(of)
    )
    return Report(folder, files, told)
