"""Data sets as tensors, and fetching them through torchvision."""

import functools

import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from hw1 import files
from hw1.files import DATASETS, EMBEDDED, cache_folder
from jobs import DataError


def check(dataset: str = EMBEDDED) -> dict[str, int]:
    """Verify a data set's files; the number of images of each part.

    Raises:
        DataError: If the name is not known, or a file is missing or damaged.
    """
    files.check_here(dataset)
    return {part: len(images_and_labels(dataset, part)[0]) for part in ("train", "test")}


def fetch(dataset: str) -> None:
    """Download a data set through torchvision, and note the checksums of what came.

    Raises:
        DataError: If the download fails, or the disk refuses.
    """
    from torchvision import datasets  # noqa: PLC0415 - takes seconds, and nothing else needs it

    try:
        getattr(datasets, DATASETS[dataset])(str(cache_folder(dataset)), download=True)
        files.note_sums(dataset)
    except (RuntimeError, OSError) as error:
        remedy = f"run `hw1 data --dataset {dataset}` on a machine with internet"
        raise DataError(f"could not fetch {dataset} ({error}): {remedy}") from error


@functools.lru_cache(maxsize=4)
def images_and_labels(dataset: str, part: str) -> tuple[UInt8[Tensor, "image 28 28"], Int[Tensor, " image"]]:
    """The images and labels of `train` or `test`, as torchvision's `MNIST` class has them.

    Raises:
        DataError: If a file is missing or damaged.
    """
    prefix = {"train": "train", "test": "t10k"}[part]
    images, labels = (
        _tensor(files.content(dataset, f"{prefix}-{what}")) for what in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )
    return images, labels.long()


def _tensor(idx: bytes) -> UInt8[Tensor, "..."]:
    """An IDX file of bytes: two zeros, a type, how many sizes, the sizes, then the values."""
    n_sizes = idx[3]
    sizes = [int.from_bytes(idx[4 * k : 4 * k + 4], "big") for k in range(1, n_sizes + 1)]
    return torch.frombuffer(bytearray(idx), dtype=torch.uint8, offset=4 * (n_sizes + 1)).reshape(sizes)
