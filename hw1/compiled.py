"""LeNet's convolutions by a C program that this machine's compiler builds when needed, where there is a compiler."""

import ctypes
import functools
import os
import platform
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

_SOURCE = Path(__file__).with_name("lenet.c")
_CPU = "-mcpu=native" if platform.machine() in ("aarch64", "arm64") else "-march=native"
_FLAGS = ("-O3", _CPU, "-ffp-contract=fast")
_BUILD_S = 60.0
N_FEATURES = 400
"""Of an image: 16 maps of 5×5."""


class Kept(NamedTuple):
    """Left by a forward pass to the backward one."""

    images: Float[Tensor, "image 1 32 32"]
    blocks: UInt8[Tensor, " byte"]


class Program:
    """The built program."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Sizes of its own."""
        self._forward, self._backward = library.forward, library.backward
        library.block_bytes.restype = ctypes.c_long
        self.lanes, self.block_bytes = int(library.lanes()), int(library.block_bytes())

    def forward(
        self, images: Float[Tensor, "image 1 32 32"], *weights: Tensor, keep: bool
    ) -> tuple[Float[Tensor, "image 400"], Kept | None]:
        """The features of images, by the first convolution's weights and biases and the second's, all contiguous."""
        n = len(images)
        out = images.new_empty(n, N_FEATURES)
        kept = Kept(images, torch.empty(-(-n // self.lanes) * self.block_bytes, dtype=torch.uint8)) if keep else None
        self._forward(n, *_pointers(images, *weights, out, *([kept.blocks] if kept else [None])))
        return out, kept

    def backward(
        self, gradient: Float[Tensor, "image 400"], weight_2: Float[Tensor, "16 6 5 5"], kept: Kept
    ) -> tuple[Tensor, ...]:
        """The gradients of the weights and biases, by that of the features."""
        found = [gradient.new_empty(shape) for shape in ((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,))]
        self._backward(len(gradient), *_pointers(kept.images, weight_2, kept.blocks, gradient, *found))
        return tuple(found)


def _pointers(*tensors: Tensor | None) -> Iterator[ctypes.c_void_p]:
    for tensor in tensors:
        yield ctypes.c_void_p(None if tensor is None else tensor.data_ptr())


@functools.cache
def program() -> Program | None:
    """The program, built once a process (a second); None where there is no compiler or the CPU is of an older kind.

    `$CC` names the compiler, as for make, and "" is none; it is `cc` otherwise.
    """
    compiler = shlex.split(os.environ.get("CC", "cc"))
    try:
        with tempfile.TemporaryDirectory(prefix="hw1-lenet-") as folder:
            built = Path(folder, "lenet.so")
            command = [*compiler, *_FLAGS, "-fPIC", "-shared", "-o", str(built), str(_SOURCE)]
            subprocess.run(command, check=True, capture_output=True, timeout=_BUILD_S)  # noqa: S603 - the user's own
            return Program(ctypes.CDLL(str(built)))
    except (OSError, subprocess.SubprocessError):
        return None
