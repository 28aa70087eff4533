"""Random numbers of a run's own: they follow from its seed, and from nothing that other runs or cuts could change."""

import hashlib
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_TWICE = 2**63


def seed_of(*words: object) -> int:
    """A seed of 63 bits that follows from these words."""
    text = " ".join(map(str, words)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8]) % _TWICE


def begin(seed: int) -> None:
    """Seed torch's, numpy's and Python's generators."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the user's code may draw from it
    torch.manual_seed(seed)


def stands() -> object:
    """States of the generators: equal before and after a call that has drawn nothing."""
    numpy = np.random.get_state(legacy=False)  # noqa: NPY002 - as above
    devices = range(torch.cuda.device_count() if torch.cuda.is_initialized() else 0)
    torchs = [torch.get_rng_state(), *(torch.cuda.get_rng_state(device) for device in devices)]
    return [t.numpy().tobytes() for t in torchs], random.getstate(), numpy["state"]["pos"], numpy["gauss"]


def order(seed: int, epoch: int, n_rows: int) -> Tensor:
    """The order in which a run goes through its rows in an epoch."""
    return torch.randperm(n_rows, generator=torch.Generator().manual_seed(seed_of(seed, "order", epoch)))


def keys(seeds: Sequence[int], step: int) -> Tensor:
    """A number for each run, from which the masks of a step are drawn."""
    return torch.tensor([seed_of(seed, "mask", step) for seed in seeds], dtype=torch.int64)


class Masks(TorchFunctionMode):
    """Within it dropout draws from a key: each call in turn has a stream of its own."""

    def __init__(self, key: Tensor) -> None:
        """By the run's key of this step; within `vmap`, one for each run."""
        super().__init__()
        self._key, self.n_calls = key, 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - torch's own
        """Dropout as it is defined, with another source of randomness; all else as it is."""
        if func not in _SHAPES:
            return func(*args, **(kwargs or {}))
        return self._dropped(_SHAPES[func], *args, **(kwargs or {}))

    def _dropped(
        self,
        n_shared: int,
        input: Tensor,  # noqa: A002 - torch's name
        p: float = 0.5,
        training: bool = True,  # noqa: FBT001, FBT002 - torch's order
        inplace: bool = False,  # noqa: ARG002, FBT001, FBT002 - what it returns counts
    ) -> Tensor:
        if not training or p == 0:
            return input
        self.n_calls += 1
        shape = input.shape[: input.dim() - n_shared] + (1,) * n_shared
        return dropped(input, p, nth(self._key, self.n_calls), shape)


def nth(key: Tensor, number: int) -> Tensor:
    """The key of a step's call of dropout."""
    return key + _wrapped(number * _STEP)


def dropped(x: Tensor, p: float, key: Tensor, shape: torch.Size) -> Tensor:
    """Dropout by a key: one mask of this shape, or one for each run where there is a key for each."""
    places = torch.arange(shape.numel(), device=x.device).view(shape) * _PLACE
    kept = _mixed(key + places) >= p
    return x * kept.to(x.dtype) / (1 - p) if p < 1 else x * 0


_SHAPES: dict[Any, int] = {
    functional.dropout: 0,
    functional.dropout1d: 1,
    functional.dropout2d: 2,
    functional.dropout3d: 3,
}
"""Ways of dropping, with the last dimensions that are dropped together."""
_STEP, _PLACE = 0x2545F4914F6CDD1D, 0x9E3779B97F4A7C15 - 2**64
_MIX = (0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64)


def _wrapped(number: int) -> int:
    """As 64 bits with a sign hold it."""
    return (number + _TWICE) % 2**64 - _TWICE


def _mixed(bits: Tensor) -> Tensor:
    """Numbers from 0 to 1 (SplitMix64: Steele, Lea & Flood 2014), alike on every device."""
    bits = (bits ^ ((bits >> 30) & (2**34 - 1))) * _MIX[0]
    bits = (bits ^ ((bits >> 27) & (2**37 - 1))) * _MIX[1]
    bits = bits ^ ((bits >> 31) & (2**33 - 1))
    return ((bits >> 11) & (2**53 - 1)).double() * 2.0**-53
