"""Data files on disk: MNIST, embedded and checked, and the folders of what is fetched. Needs no torch."""

import gzip
import hashlib
import os
import tempfile
from importlib import resources
from pathlib import Path

EMBEDDED = "mnist"
DATASETS = {EMBEDDED: "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}
"""Sets of 60,000 and 10,000 grey images of 28×28 in ten classes, by the name of torchvision's class."""

FILES = tuple(f"{part}-{what}" for part in ("train", "t10k") for what in ("images-idx3-ubyte", "labels-idx1-ubyte"))
SUMS = "SHA256SUMS"


class DataError(ValueError):
    """A data file is missing or damaged; the message says which, and what to do."""


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
    """Where torchvision finds a data set unpacked: `~/.cache/hw1/<data set>`."""
    return Path.home() / ".cache" / "hw1" / dataset


def raw_folder(dataset: str) -> Path:
    """Where torchvision keeps a data set's IDX files within the cache folder."""
    return cache_folder(dataset) / DATASETS[dataset] / "raw"


def unpack() -> None:
    """Unpack the embedded files that are not yet in the cache as they should be.

    Raises:
        DataError: If an embedded file is damaged.
    """
    raw = raw_folder(EMBEDDED)
    text = (resources.files("hw1") / "mnist" / SUMS).read_text()
    raw.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if not (raw / name).is_file() or sha256(raw / name) != _parsed(text)[name]:
            write_whole(raw / name, gzip.decompress(embedded(name)))
    write_whole(raw / SUMS, text.encode())


def embedded(name: str) -> bytes:
    """One embedded file, still packed, after checking it.

    Raises:
        DataError: If it is missing or damaged.
    """
    source = resources.files("hw1") / "mnist"
    sums = _parsed((source / SUMS).read_text())
    with resources.as_file(source / f"{name}.gz") as path:
        _verify(path, sums[f"{name}.gz"], "run `git checkout -- hw1/mnist`, or install again")
        return path.read_bytes()


def verify_raw(dataset: str) -> None:
    """Check a data set's unpacked files against the sums noted when they came.

    Raises:
        DataError: If one is missing or damaged.
    """
    raw = raw_folder(dataset)
    sums = _parsed((raw / SUMS).read_text()) if (raw / SUMS).is_file() else {}
    for name in FILES:
        _verify(raw / name, sums.get(name), f"run `hw1 data --dataset {dataset}`")


def note_sums(dataset: str) -> None:
    """Note the sums of the files that were just fetched."""
    raw = raw_folder(dataset)
    write_whole(raw / SUMS, "".join(f"{sha256(raw / name)}  {name}\n" for name in FILES).encode())


def sha256(path: Path) -> str:
    """A file's SHA-256 in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write beside and rename, so that nobody reads half a file."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(stream.name).replace(path)


def _verify(path: Path, expected: str | None, remedy: str) -> None:
    if not path.is_file():
        raise DataError(f"{path} is missing: {remedy}")
    if expected != sha256(path):
        raise DataError(f"{path} is damaged, its SHA-256 is not the one noted: {remedy}")


def _parsed(sums: str) -> dict[str, str]:
    return {name: digest for digest, name in (line.split() for line in sums.splitlines())}
