"""Base of every kind of the report's runs: seed, optimiser, precision."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from hw1 import cost
from hw1.architecture import Layer
from jobs import Spec, Table

if TYPE_CHECKING:
    import torch

    from jobs import State

Optimizer = Literal["sgd", "adam", "rmsprop"]
Precision = Literal["float32", "bfloat16"]
Model = Literal["lenet", "cnn", "mlp"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Seeded(Spec):
    """A run of the report: its seed decides initialisation, order of data and labels."""

    free: ClassVar[dict[str, Any]] = {"seed": 0}
    trainer: ClassVar[str]
    """The module whose `train` trains such runs."""

    seed: int

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """Precisions that such runs can be trained in, the default first."""
        return ("float32",)

    @property
    def label(self) -> str:
        """See `Spec`."""
        return f"{self._what()} seed {self.seed}"

    def _what(self) -> str:
        return self.kind

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of its network, input first; of one end, for a pair. None if it trains no network."""
        return ()

    @property
    def n_params(self) -> int:
        """See `Spec`; of one end, for a pair."""
        return sum(layer.n_params for layer in self.layers)

    @property
    def n_multiplications(self) -> int:
        """Multiplications of one forward pass of one image or point (biases left out)."""
        return sum(layer.n_weights * layer.n_positions for layer in self.layers)

    @classmethod
    def basis(cls) -> str:
        """See `Spec`."""
        return "operation counts"

    @classmethod
    def memory_gb(cls, specs: Sequence[Self]) -> float:  # noqa: ARG003 - others look at them
        """See `Spec`; torch itself."""
        return cost.TORCH_GB

    @classmethod
    def tables(cls) -> tuple[Table, ...]:
        """See `Spec`."""
        from hw1.tables import DECLARED  # noqa: PLC0415 - only where results are written or shown

        return DECLARED

    @classmethod
    def train(cls, specs: Sequence[Self], *, device: "torch.device", state: "State | None" = None) -> "Iterator[State]":
        """See `hw1.train.train`."""
        from hw1.train import train  # noqa: PLC0415 - imports torch

        return train(specs, device=device, state=state)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Empty(Seeded):
    """A run that does nothing: what it takes is what everything around a run costs."""

    kind: ClassVar[str] = "empty"
    trainer: ClassVar[str] = "hw1.empty"
    needs_torch: ClassVar[bool] = False

    @property
    def is_fused(self) -> bool:
        """See `Spec`."""
        return True

    def _what(self) -> str:
        return "nothing"

    @classmethod
    def seconds(cls, specs: Sequence[Self]) -> float:
        """See `Spec`."""
        return cost.EMPTY_S * len(specs)

    @classmethod
    def memory_gb(cls, specs: Sequence[Self]) -> float:  # noqa: ARG003 - they hold nothing
        """See `Spec`."""
        return cost.PYTHON_GB

    @classmethod
    def train(
        cls, specs: Sequence[Self], *, device: "torch.device | None", state: "State | None" = None
    ) -> "Iterator[State]":
        """See `hw1.empty.train`."""
        from hw1.empty import train  # noqa: PLC0415 - of workers only

        return train(specs, device=device, state=state)
