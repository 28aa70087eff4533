"""Data sets as torchvision reads them."""

import functools
import hashlib
import pickle
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from hw1 import files
from hw1.files import DATASETS, EMBEDDED, DataError, cache_folder

if TYPE_CHECKING:
    from torchvision.datasets import MNIST


def check(dataset: str = EMBEDDED) -> dict[str, int]:
    """Verify a data set's files, embedded and unpacked; the number of images of each part.

    Raises:
        DataError: If the name is not known, or a file is missing or damaged.
    """
    files.check_here(dataset)
    return {part: len(_read(dataset, part).data) for part in ("train", "test")}


def fetch(dataset: str) -> None:
    """Download a data set through torchvision, and note the checksums of what came.

    Raises:
        DataError: If the download fails.
    """
    try:
        _torchvision(dataset)(str(cache_folder(dataset)), download=True)
    except (RuntimeError, OSError) as error:
        remedy = f"run `hw1 data --dataset {dataset}` on a machine with internet"
        raise DataError(f"could not fetch {dataset} ({error}): {remedy}") from error
    files.note_sums(dataset)


@functools.lru_cache(maxsize=4)
def images_and_labels(dataset: str, part: str) -> tuple[UInt8[Tensor, "image 28 28"], Int[Tensor, " image"]]:
    """The images and labels of `train` or `test`, as torchvision's `MNIST` class reads them.

    What it read is kept beside the unpacked files with its checksum: importing torchvision takes longer than most runs.

    Raises:
        DataError: If a file is missing or damaged.
    """
    cached = cache_folder(dataset) / f"{part}.pt"
    try:
        kept = torch.load(cached, weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
        kept = {}
    if "data" in kept and _digest(kept["data"], kept["targets"]) == kept["sha256"]:
        return kept["data"], kept["targets"]
    read = _read(dataset, part)
    data, targets = read.data, read.targets
    with tempfile.NamedTemporaryFile(dir=cached.parent, delete=False) as stream:
        torch.save({"data": data, "targets": targets, "sha256": _digest(data, targets)}, stream)
    Path(stream.name).replace(cached)
    return data, targets


def _digest(data: Tensor, targets: Tensor) -> str:
    return hashlib.sha256(data.numpy().tobytes() + targets.numpy().tobytes()).hexdigest()


def _read(dataset: str, part: str) -> "MNIST":
    if dataset == EMBEDDED:
        files.unpack()
    files.verify_raw(dataset)
    return _torchvision(dataset)(str(cache_folder(dataset)), train=part == "train")


def _torchvision(dataset: str) -> "type[MNIST]":
    from torchvision import datasets  # noqa: PLC0415 - takes seconds, and most processes need no images from disk

    if dataset not in DATASETS:
        raise DataError(f"`dataset` must be one of {', '.join(DATASETS)}, got {dataset!r}")
    return getattr(datasets, DATASETS[dataset])  # type: ignore[no-any-return]
