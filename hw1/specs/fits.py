"""Kinds of run that fit a function of one variable."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from hw1 import cost
from hw1.architecture import Layer, dense
from hw1.specs.seeded import Model, Optimizer, Seeded

Function = Literal["sinc", "sign_sinc", "square_wave"]

SMOKE_ITERATIONS = 300
SMOKE_NEWTON_STEPS = 1


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FunctionFit(Seeded):
    """A leaky-ReLU network fitted to a function of one variable, full batch, mean squared error."""

    kind: ClassVar[str] = "function_fit"
    trainer: ClassVar[str] = "hw1.function_fit"
    free: ClassVar[dict[str, Any]] = {"seed": 0, "function": "sinc"}
    model: ClassVar[Model] = "mlp"
    momentum: ClassVar[float] = 0.0
    """Of SGD."""

    function: Function
    hidden: tuple[int, ...]
    output_bias: bool
    negative_slope: float
    optimizer: Optimizer
    learning_rate: float
    weight_decay: float
    max_iterations: int
    loss_below: float | None
    change_below: float | None
    gradient_norm_below: float | None
    measures: Literal["predictions", "gradient_norm", "spectrum"]

    @property
    def is_fused(self) -> bool:
        """See `Spec`."""
        return True

    def _what(self) -> str:
        return f"{self.function} {'-'.join(map(str, (1, *self.hidden, 1)))} {self.optimizer}"

    def smoke(self) -> Self:
        """See `Spec`."""
        return self.replace(max_iterations=min(self.max_iterations, SMOKE_ITERATIONS))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """See `Seeded`."""
        return dense((1, *self.hidden, 1), output_bias=self.output_bias)

    @classmethod
    def seconds(cls, specs: Sequence[Self]) -> float:
        """See `Spec`; runs of one pack have one schedule."""
        first = specs[0]
        n_iterations = first.max_iterations * (cost.EARLY if first.gradient_norm_below is not None else 1.0)
        return n_iterations * (cost.STEP_S + cost.POINT_LAYER_S * len(specs)) + first.end_s * len(specs)

    @property
    def end_s(self) -> float:
        """Estimated seconds from the end of training to the run's last number."""
        return cost.HESSIAN_S if self.measures == "spectrum" else 0.0


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CriticalPoint(FunctionFit):
    """A function fit, and from where it stopped the way to a zero of the gradient by damped Newton steps."""

    kind: ClassVar[str] = "critical_point"
    trainer: ClassVar[str] = "hw1.critical_point"

    newton_gradient_norm_below: float
    max_newton_steps: int

    def _what(self) -> str:
        return f"{FunctionFit._what(self)} newton"  # noqa: SLF001 - its own class

    def smoke(self) -> Self:
        """See `Spec`."""
        iterations = min(self.max_iterations, SMOKE_ITERATIONS)
        return self.replace(max_iterations=iterations, max_newton_steps=SMOKE_NEWTON_STEPS)

    @property
    def end_s(self) -> float:
        """See `FunctionFit`: the search, and the spectrum where it ends."""
        return cost.NEWTON_S * (1 + min(self.max_newton_steps, cost.NEWTON_STEPS))
