"""A job's entry on its node: the snapshot of the code is checked before anything is imported from it.

python -P entry.py CODE WORD...    runs `slurm.node WORD...` from the snapshot CODE, if that is whole

Each submission has a copy of this file in its folder, so it needs nothing but Python's own library.
"""

import hashlib
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

ALTERED = 77
"""Exit code where the snapshot is not what was submitted."""


class AlteredError(RuntimeError):
    """The snapshot is not what was submitted; the message is one line."""


def digest(files: Mapping[str, Path]) -> str:
    """Name of a snapshot of these files: half of the SHA-256 of their names, sizes and bytes.

    Raises:
        OSError: If a file cannot be read.
    """
    made = hashlib.sha256()
    for name, path in sorted(files.items()):
        data = path.read_bytes()
        made.update(os.fsencode(name) + f"\0{len(data)}\0".encode() + data)
    return made.hexdigest()[:32]


def check(code: Path) -> None:
    """See that a snapshot has the files that it was made with, unaltered, and no other.

    Raises:
        AlteredError: If it has not, or cannot be read.
    """
    try:
        found = digest(dict(_files(code)))
    except OSError as error:
        raise AlteredError(f"the code snapshot {code} cannot be read ({error}): submit again") from error
    if found != code.name.partition("-")[0]:
        raise AlteredError(f"the code snapshot {code} has lost a file, or has altered or added ones: submit again")


def enter(code: Path) -> None:
    """Import from a snapshot that is whole, here and in Python processes that this one starts.

    No bytecode is written, since a snapshot may have no file that it was not made with.

    Raises:
        AlteredError: If it is not whole, or a package of its would be imported from elsewhere.
    """
    check(code)
    sys.path.insert(0, str(code))
    sys.dont_write_bytecode = True
    paths = os.pathsep.join(filter(None, [str(code), os.environ.get("PYTHONPATH", "")]))
    os.environ.update(PYTHONPATH=paths, PYTHONDONTWRITEBYTECODE="1")
    for package in sorted(path.stem for path in code.iterdir()):
        spec = find_spec(package)
        if spec is None or spec.origin is None or code not in Path(spec.origin).parents:
            where = spec.origin if spec is not None else None
            raise AlteredError(f"`{package}` must be imported from the code snapshot {code}, got {where}")


def _files(code: Path) -> Iterator[tuple[str, Path]]:
    for folder, folders, names in os.walk(code, onerror=_refuse):
        for path in (Path(folder, name) for name in (*folders, *names)):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                yield path.relative_to(code).as_posix(), path
            elif not stat.S_ISDIR(mode):
                raise AlteredError(f"{path} in the code snapshot is no plain file: submit again")


def _refuse(error: OSError) -> None:
    raise error


def main() -> int:
    """The command line that the batch script uses."""
    code, *words = sys.argv[1:]
    try:
        enter(Path(code))
    except AlteredError as error:
        print(f"hw1: {error}", file=sys.stderr)  # noqa: T201 - the job's log
        return ALTERED
    from slurm import node  # noqa: PLC0415 - from the snapshot, which is checked by now

    sys.argv = ["slurm.node", *words]
    return node.main()


if __name__ == "__main__":
    sys.exit(main())
