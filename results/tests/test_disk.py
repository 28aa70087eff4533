"""Files appear whole, in order, or not at all."""

import os
from pathlib import Path

import pytest

from results.disk import Batch
from results.errors import StoreError


def test_all_is_on_the_disk_before_the_first_name_and_each_name_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    replace = os.replace

    def named(old: Path, new: Path) -> None:
        replace(old, new)
        calls.append(f"name {new}")

    monkeypatch.setattr(os, "fsync", lambda handle: calls.append(f"sync {Path(f'/proc/self/fd/{handle}').resolve()}"))
    monkeypatch.setattr(os, "replace", named)
    paths = [tmp_path / "b", tmp_path / "a"]
    with Batch() as batch:
        for path in paths:
            with batch.file(path) as file:
                file.write(b"whole")
        temporary = list(tmp_path.iterdir())
        batch.publish()
    assert sorted(calls[:2]) == sorted(f"sync {path}" for path in temporary)
    assert calls[2:] == [call for path in paths for call in (f"name {path}", f"sync {tmp_path}")]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError(), FileNotFoundError(2, "gone")])
def test_an_error_leaves_what_was_there_and_goes_on_as_it_is(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"before")
    with pytest.raises(type(error)) as caught, Batch() as batch:  # noqa: PT012
        with batch.file(path) as file:
            file.write(b"after")
        raise error
    assert caught.value is error
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"before"


def test_what_the_disk_refuses_is_said_with_the_files_name(tmp_path: Path) -> None:
    message = rf"cannot write {tmp_path}/a: No space left on device; nothing half-written"
    with pytest.raises(StoreError, match=message), Batch() as batch, batch.file(tmp_path / "a"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []
