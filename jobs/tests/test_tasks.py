"""What is looked at before workers start."""

from pathlib import Path

import pytest

from hw1.tables import DECLARED
from jobs.plan.tasks import check_writable
from results.errors import StoreError
from results.folder import FolderError


@pytest.mark.parametrize("name", ["checkpoints", "heartbeats", "leases", "logs", "store", "store/parts/paths"])
@pytest.mark.parametrize("kind", ["file", "link", "loop"])
def test_a_folder_of_workers_that_is_something_else_is_refused_before_they_start(
    tmp_path: Path, name: str, kind: str
) -> None:
    (path := tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    path.touch() if kind == "file" else path.symlink_to("nowhere" if kind == "link" else path.name)
    with pytest.raises((FolderError, StoreError), match=str(path)) as refused:
        check_writable(tmp_path, DECLARED)
    assert "\n" not in str(refused.value)


def test_folders_that_are_not_there_yet_are_no_hindrance(tmp_path: Path) -> None:
    check_writable(tmp_path)
    check_writable(tmp_path)
