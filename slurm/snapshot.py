"""Snapshots of the code: what a submission runs, whatever is edited while it waits."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

_LEFT_OUT = {"__pycache__", "tests"}


def take(packages: Sequence[Path], *, into: Path, without: Collection[Path] = ()) -> Path:
    """Copy the packages' files to a folder of ``into`` that is named by their content; nothing if it is there.

    Put that folder on ``PYTHONPATH`` and they are imported from it, with the data files that lie in them. Tests,
    bytecode and the folders of ``without`` are left out.

    Raises:
        OSError: If a file cannot be read, or the disk refuses; nothing is left half-copied.
    """
    files = [
        (Path(package.name, path.relative_to(package)), path)
        for package in packages
        for path in _files(package, without)
    ]
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    target = into / digest.hexdigest()[:16]
    if not target.is_dir():
        into.mkdir(parents=True, exist_ok=True)
        _copy(files, target)
    return target


def _files(package: Path, without: Collection[Path]) -> Iterator[Path]:
    """A package's files in a fixed order."""
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and Path(folder, name) not in without)
        yield from (Path(folder) / name for name in sorted(names) if not name.endswith(".pyc"))


def _copy(files: Sequence[tuple[Path, Path]], target: Path) -> None:
    made = Path(tempfile.mkdtemp(prefix=".snapshot-", dir=target.parent))
    try:
        for name, path in files:
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, made / name)
        made.chmod(0o755)
        made.rename(target)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
        if not target.is_dir():  # somebody else may have made it meanwhile
            raise
