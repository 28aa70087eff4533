"""Tails: what is left over of a tensor when torch's vectorised kernels have taken all they can take at once.

Some functions compute it by other means, to other bits; in a tensor of all lanes it lies in the last one.
"""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

WHOLE_BYTES = 128
"""Taken at once with AVX-512, two vectors; half as much with AVX2."""
OTHER_BITS = frozenset(
    {
        "atan2",
        "atanh",
        "binary_cross_entropy",
        "celu",
        "elu",
        "exp2",
        "gelu",
        "logaddexp",
        "logaddexp2",
        "logit",
        "mish",
        "pow",
        "selu",
        "sigmoid",
        "silu",
        "softplus",
    }
)
"""Functions whose tails, or whose gradients', had other bits somewhere in 1,000 tensors of odd sizes (torch 2.15)."""


def is_whole(tensor: Tensor) -> bool:
    """True if a kernel leaves no tail of it."""
    return tensor.numel() * tensor.element_size() % WHOLE_BYTES == 0


class Tails(TorchDispatchMode):
    """Within it, each call of such a function is looked at."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401 - torch's
        """The call's own result."""
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.removesuffix("_").removesuffix("_backward")
        if name in OTHER_BITS and isinstance(result, torch.Tensor) and not is_whole(result):
            self.found.add(name)
        return result
