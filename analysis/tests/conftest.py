"""Made-up sweeps, and one report of them, shared by the tests."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from analysis.render import write_report
from analysis.tests import synthetic


class Sweep(NamedTuple):
    """A manifest and the tables of its runs."""

    manifest: pd.DataFrame
    tables: dict[str, pd.DataFrame]

    def less(self, run_ids: pd.Series) -> "Sweep":
        """The same sweep without these rows of `runs`, as when a pack is cut before its commit."""
        runs = self.tables["runs"]
        return Sweep(self.manifest, self.tables | {"runs": runs[~runs["run_id"].isin(run_ids)]})


def _sweep(*, seeds: int = 1, smoke: bool = False, extended: bool = False) -> Sweep:
    manifest = synthetic.manifest(seeds=seeds, smoke=smoke, extended=extended)
    return Sweep(manifest, synthetic.tables(manifest))


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
def extended() -> Sweep:
    """Three seeds of every study, those that the report left out too."""
    return _sweep(seeds=3, extended=True)


@pytest.fixture(scope="session")
def extended_smoke() -> Sweep:
    """A smoke sweep of every study, those that the report left out too."""
    return _sweep(smoke=True, extended=True)


@pytest.fixture(scope="session")
def partial(sweep: Sweep) -> Sweep:
    """One seed of every study without the CNN, which failed, and without all of `random_labels`."""
    manifest = sweep.manifest
    cnn = manifest.loc[manifest["model"] == "cnn", "run_id"]
    failure = {"run_id": cnn, "failure": "out of memory", "message": "tried to allocate 2 GiB | <b>and more</b>"}
    left = sweep.less(pd.concat([cnn, manifest.loc[manifest["study"] == "random_labels", "run_id"]]))
    return Sweep(manifest, left.tables | {"failures": pd.DataFrame(failure)})


class Report(NamedTuple):
    """A written report: its folder, the files that `write_report` named, and those it told its progress about."""

    folder: Path
    files: list[Path]
    told: list[Path]


@pytest.fixture(scope="session")
def report(partial: Sweep, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of the partial sweep."""
    folder, told = tmp_path_factory.mktemp("report"), list[Path]()
    files = write_report(*partial, folder, options=["--seeds", "1"], progress=told.append)
    return Report(folder, files, told)
