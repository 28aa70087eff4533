"""Data files on disk: MNIST, embedded and checked, and the folders of what is fetched. Needs no torch."""

import gzip
import hashlib
import os
from importlib import resources
from pathlib import Path

from jobs import DataError, write_whole

EMBEDDED = "mnist"
DATASETS = {EMBEDDED: "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}
"""Sets of 60,000 and 10,000 grey images of 28×28 in ten classes, by the name of torchvision's class."""

FILES = tuple(f"{part}-{what}" for part in ("train", "t10k") for what in ("images-idx3-ubyte", "labels-idx1-ubyte"))
SUMS = "SHA256SUMS"


def check_here(dataset: str) -> None:
    """See that a data set needs no download, and that the embedded one is whole.

    Raises:
        DataError: If the name is not known, the set has not been fetched, or an embedded file is damaged.
    """
    if dataset not in DATASETS:
        raise DataError(f"`dataset` must be one of {', '.join(DATASETS)}, got {dataset!r}")
    if dataset == EMBEDDED:
        for name in FILES:
            embedded(name)
    elif not (raw_folder(dataset) / SUMS).is_file():
        raise DataError(f"{dataset} is not here: run `hw1 data --dataset {dataset}` on a machine with internet")


def cache_folder(dataset: str) -> Path:
    """The folder of a data set that was fetched: `hw1/<data set>` in `$XDG_CACHE_HOME`, or else in `~/.cache`.

    Raises:
        DataError: If neither is known: this user has no home.
    """
    named = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        raise DataError(f"there is no home folder to keep {dataset} in: set XDG_CACHE_HOME to a folder") from None
    return root / "hw1" / dataset


def raw_folder(dataset: str) -> Path:
    """Folder of a data set's IDX files within torchvision's cache folder."""
    return cache_folder(dataset) / DATASETS[dataset] / "raw"


def content(dataset: str, name: str) -> bytes:
    """One IDX file, after checking it: of the embedded set without leaving a file anywhere.

    Raises:
        DataError: If it is missing or damaged.
    """
    if dataset == EMBEDDED:
        return gzip.decompress(embedded(name))
    raw = raw_folder(dataset)
    sums = _sums(raw / SUMS)
    return _checked(raw / name, sums.get(name), f"run `hw1 data --dataset {dataset}`")


def embedded(name: str) -> bytes:
    """One embedded file, still packed, after checking it.

    Raises:
        DataError: If it is missing or damaged.
    """
    source = resources.files("hw1") / "mnist"
    with resources.as_file(source / SUMS) as sums, resources.as_file(source / f"{name}.gz") as path:
        return _checked(path, _sums(sums).get(path.name), "run `git checkout -- hw1/mnist`, or install again")


def unpack(dataset: str) -> None:
    """Write a data set's files where torchvision finds them, unless that was done: for what reads through its classes.

    Raises:
        DataError: If one is missing or damaged, or the disk refuses.
    """
    raw = raw_folder(dataset)
    try:
        if (raw / SUMS).is_file():
            return
        raw.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            write_whole(raw / name, content(dataset, name))
        note_sums(dataset)
    except OSError as error:
        raise DataError(f"cannot unpack {dataset} into {raw}: {error.strerror}; set XDG_CACHE_HOME") from error


def note_sums(dataset: str) -> None:
    """Note the sums of the files that were just fetched.

    Raises:
        OSError: If the disk refuses.
    """
    raw = raw_folder(dataset)
    lines = (f"{hashlib.sha256((raw / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES)
    write_whole(raw / SUMS, "".join(lines))


def _checked(path: Path, expected: str | None, remedy: str) -> bytes:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path} is missing: {remedy}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): {remedy}") from error
    if expected != hashlib.sha256(found).hexdigest():
        raise DataError(f"{path} is damaged, its SHA-256 is not the one noted: {remedy}")
    return found


def _sums(path: Path) -> dict[str, str]:
    """Names and sums as `sha256sum` writes them; what cannot be read has none."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return {words[1]: words[0] for words in map(str.split, lines) if len(words) == 2}  # noqa: PLR2004 - sum and name
