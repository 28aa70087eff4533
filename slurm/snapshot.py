"""Snapshots of the code: what a submission runs, whatever is edited while it waits."""

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from results.access import private_opener
from slurm.entry import AlteredError, check, digest
from slurm.queue import SlurmError

_LEFT_OUT = {"__pycache__", "tests"}


class SnapshotError(SlurmError):
    """The code cannot be copied; the message is one line."""


def take(packages: Sequence[Path], *, into: Path, without: Collection[Path] = ()) -> Path:
    """Copy packages and single modules to a folder of ``into`` that is named by their content, unless it is there.

    `slurm.entry` imports them from it, with the data files that lie in them. Tests, bytecode, files whose names begin
    with a dot, what is no file, and the folders of ``without`` are left out. Only their owner may read the copies.

    Raises:
        SnapshotError: If a file cannot be read, changes meanwhile, or the disk refuses; nothing is left half-copied.
    """
    files = {package.name: package for package in packages if package.is_file()}
    files |= {
        Path(package.name, path.relative_to(package)).as_posix(): path
        for package in packages
        for path in _files(package, without)
    }
    try:
        name = digest(files)
        target = into / (name if _is_ours(into / name) else f"{name}-{os.geteuid()}")
        if not _is_whole(target):
            into.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy(files, target)
    except OSError as error:
        raise SnapshotError(f"the code cannot be copied to {into}: {error}") from error
    return target


def _files(package: Path, without: Collection[Path]) -> Iterator[Path]:
    """A package's files; links that lead nowhere, sockets and the like are none."""
    for folder, folders, names in os.walk(package):
        folders[:] = [name for name in folders if name not in _LEFT_OUT and Path(folder, name) not in without]
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(folder, name) for name in names if not name.startswith(".") and not name.endswith(".pyc"))
        yield from (path for path in paths if path.is_file())


def _is_ours(target: Path) -> bool:
    """True if nobody else has made the folder, as colleagues may in a shared output folder."""
    return not target.exists() or target.stat().st_uid == os.geteuid()


def _is_whole(target: Path) -> bool:
    try:
        check(target)
    except AlteredError:
        return False
    return True


def _copy(files: Mapping[str, Path], target: Path) -> None:
    made = Path(tempfile.mkdtemp(prefix=".snapshot-", dir=target.parent))
    whole = made / target.name
    try:
        for folder in sorted({folder for name in files for folder in (whole / name).parents if made in folder.parents}):
            folder.mkdir(mode=0o700)
        for name, path in files.items():
            with path.open("rb") as source, open(whole / name, "xb", opener=private_opener) as copy:
                shutil.copyfileobj(source, copy)
        if not _is_whole(whole):
            raise SnapshotError("the code changed while it was copied: submit again")
        if target.exists():  # and has lost a file, or got one: jobs that import from it are better off with this one
            target.rename(made / "altered")
        whole.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
