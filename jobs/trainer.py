"""Trainers: what trains packs of a spec of one's own."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch

    from jobs.state import State


class Trainer(Protocol):
    """Signature of `Spec.train`: iterates states that can be saved and continued; touches no disk, knows no clock."""

    def __call__(
        self,
        specs: Sequence[Any],
        *,
        device: "torch.device",
        state: "State | None" = None,
    ) -> "Iterator[State]":
        """Train one pack. Yields its state as it goes, and last its tables.

        Args:
            specs: Runs that may share a pack.
            device: Where.
            state: To continue from: one that this pack's iterator yielded.
        """
        ...
