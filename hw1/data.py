"""Images and labels as a spec wants them: framed, scaled, on its device."""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own idiom

from hw1.architecture import N_CLASSES
from hw1.datasets import images_and_labels
from hw1.seeds import generator
from hw1.specs import Frame, ImageSpec, Scaling


@dataclass(frozen=True, slots=True)
class Images:
    """Images and labels of one run's training and test set, on its device."""

    train: Float[Tensor, " n_train *pixel"]
    train_labels: Int[Tensor, " n_train"]
    test: Float[Tensor, " n_test *pixel"]
    test_labels: Int[Tensor, " n_test"]


def images(spec: ImageSpec, *, device: torch.device, dtype: torch.dtype = torch.float32) -> Images:
    """The data of a spec: `[image, pixels and 1]` for dense networks, `[image, 1, 32, 32]` for convolutional ones.

    In bfloat16 where that is the spec's precision, else in `dtype`: the type that networks compute in. Labels to
    train on may be others than the true ones, see `ImageSpec.train_labels`.

    Raises:
        DataError: If a file is missing or damaged.
    """
    parts = []
    computed_in = torch.bfloat16 if spec.precision == "bfloat16" else dtype
    for part, n in (("train", spec.n_train), ("test", spec.n_test)):
        pixels = _scaled(spec.dataset, part, spec.frame, spec.scaling)[:n]
        if spec.model == "mlp":
            pixels = torch.cat([pixels.flatten(1), pixels.new_ones(len(pixels), 1)], 1)
        labels = images_and_labels(spec.dataset, part)[1][:n]
        parts += [pixels.to(device, computed_in), (spec.train_labels(labels) if part == "train" else labels).to(device)]
    return Images(*parts)


def random_labels(n: int, *, seed: int) -> Int[Tensor, " image"]:
    """Labels drawn uniformly from the ten classes (Zhang et al. 2017, arXiv:1611.03530)."""
    return torch.randint(N_CLASSES, (n,), generator=generator(seed, "labels"))


def corrupted_labels(true: Int[Tensor, " image"], *, fraction: float, seed: int) -> Int[Tensor, " image"]:
    """Each label with this chance replaced by a class drawn uniformly, which may be the true one.

    Of one seed, what is corrupted at a smaller fraction is so at a larger one, and to the same class; at 1 the labels
    are those of `random_labels`.

    References:
        Zhang et al. 2017, arXiv:1611.03530, section 2.1 ("partially corrupted labels").
    """
    rng = generator(seed, "labels")
    drawn = torch.randint(N_CLASSES, (len(true),), generator=rng)
    return torch.where(torch.rand(len(true), generator=rng) < fraction, drawn, true)


@functools.lru_cache(maxsize=2)
def _scaled(dataset: str, part: str, frame: Frame, scaling: Scaling) -> Float[Tensor, "image 1 h w"]:
    pixels = framed(images_and_labels(dataset, part)[0], frame)[:, None].float().div_(255)
    if scaling == "unit":
        return pixels
    mean, deviation = moments(images_and_labels(dataset, "train")[0])
    return pixels.sub_(mean).div_(deviation)


def framed(pixels: UInt8[Tensor, "image 28 28"], frame: Frame) -> UInt8[Tensor, "image h w"]:
    """28×28 as it is, with two black pixels around (32×32), or resized to 32×32 bilinearly."""
    if frame == "padded":
        return F.pad(pixels, (2, 2, 2, 2))
    if frame == "resized":  # as torchvision's Resize((32, 32)) does, to the grey level
        resized = [Image.fromarray(p).resize((32, 32), Image.Resampling.BILINEAR) for p in pixels.numpy()]
        return torch.from_numpy(np.stack([np.asarray(p) for p in resized]))
    return pixels


def moments(pixels: UInt8[Tensor, "image 28 28"]) -> tuple[float, float]:
    """Mean and standard deviation over all pixels, of values in [0, 1]; exact sums of integers."""
    counts = torch.bincount(pixels.flatten(), minlength=256).double()
    values = torch.arange(256, dtype=torch.float64) / 255
    mean = (counts @ values) / counts.sum()
    return mean.item(), ((counts @ values**2) / counts.sum() - mean**2).sqrt().item()
