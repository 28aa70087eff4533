"""Kinds of run that train two networks on images, the ends of a line."""

import dataclasses
from collections.abc import Hashable
from typing import Any, ClassVar

from hw1.specs.images import ImageSpec


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Interpolation(ImageSpec):
    """Two ends trained from one initialisation by SGD with Nesterov momentum, and the line through them."""

    kind: ClassVar[str] = "interpolation"
    trainer: ClassVar[str] = "hw1.interpolation"
    free: ClassVar[dict[str, Any]] = {
        "seed": 0,
        "batch_size_1": 1,
        "batch_size_2": 1,
        "learning_rate_1": 0.0,
        "learning_rate_2": 0.0,
    }

    momentum: float
    batch_size_1: int
    batch_size_2: int
    learning_rate_1: float
    learning_rate_2: float
    alpha_from: float
    alpha_to: float
    n_alphas: int

    @property
    def group(self) -> Hashable:
        """See `Spec`; pairs of one seed may share an end."""
        return self.shape, self.seed

    def _what(self) -> str:
        ends = ((self.batch_size_1, self.learning_rate_1), (self.batch_size_2, self.learning_rate_2))
        return " → ".join(f"batch {size} lr {rate:g}" for size, rate in ends)

    @property
    def line_flops(self) -> float:
        """Floating-point operations of measuring on the line."""
        return float(self.n_alphas * self.forward_flops * (self.n_train + self.n_test))

    @property
    def flops(self) -> float:
        """See `ImageSpec`."""
        return 2 * self.training_flops + self.line_flops


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Barrier(ImageSpec):
    """Two ends trained alike but for the order of their batches after some shared epochs, and the lines to them."""

    kind: ClassVar[str] = "barrier"
    trainer: ClassVar[str] = "hw1.barrier"
    free: ClassVar[dict[str, Any]] = {"seed": 0, "shared_epochs": 0, "from_initialisation": False}

    momentum: float
    batch_size: int
    learning_rate: float
    shared_epochs: int
    from_initialisation: bool
    n_alphas: int

    @property
    def group(self) -> Hashable:
        """See `Spec`; pairs of one seed may share an end."""
        return self.shape, self.seed

    def _what(self) -> str:
        return f"order after {self.shared_epochs} shared epoch{'s' * (self.shared_epochs != 1)}"

    @property
    def flops(self) -> float:
        """See `ImageSpec`; ends are measured once, on the lines."""
        n_learned = 3 * self.n_train * (2 * self.epochs - self.shared_epochs)
        n_points = self.n_alphas * (3 if self.from_initialisation else 1)
        return float(self.forward_flops * (n_learned + n_points * (self.n_train + self.n_test)))
