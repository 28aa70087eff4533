"""Specs of every kind of run of the report: their values, and how such runs are packed, named and estimated."""

import dataclasses
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args

from jobs import Spec, Table

if TYPE_CHECKING:
    import torch

    from jobs import State

Function = Literal["sinc", "sign_sinc", "square_wave"]
Optimizer = Literal["sgd", "adam", "rmsprop"]
Frame = Literal["original", "padded", "resized"]
Scaling = Literal["unit", "normalised"]
Model = Literal["lenet", "cnn", "mlp"]
Precision = Literal["float32", "bfloat16"]

FUSED_PARAMS = 20_000
"""Networks above this many parameters keep a core busy alone: stacking them gains nothing on a CPU."""

SMOKE_ITERATIONS = 300
SMOKE_NEWTON_STEPS = 1
SMOKE_EPOCHS = 2
SMOKE_IMAGES = (2000, 1000)
SMOKE_PROBE = {"n_jacobian": 100, "n_sharpness": 100, "ascent_steps": 3}
SMOKE_SURFACE = {"n_walks": 2, "n_grid": 5, "n_surface_images": 500}


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
    def n_params(self) -> int:
        """See `Spec`; of one end, for an interpolation."""
        from hw1.architecture import n_params  # noqa: PLC0415 - it imports this module

        return n_params(self)

    @classmethod
    def seconds(cls, specs: Sequence[Self]) -> float:
        """See `Spec`."""
        from hw1.cost import pack_seconds  # noqa: PLC0415 - it imports this module

        return pack_seconds(list(specs))

    @classmethod
    def memory_gb(cls, specs: Sequence[Self]) -> float:
        """See `Spec`."""
        from hw1.cost import memory_gb  # noqa: PLC0415 - it imports this module

        return memory_gb(list(specs))

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
class FunctionFit(Seeded):
    """A leaky-ReLU network fitted to a function of one variable, full batch, mean squared error."""

    kind: ClassVar[str] = "function_fit"
    trainer: ClassVar[str] = "hw1.function_fit"
    free: ClassVar[dict[str, Any]] = {"seed": 0, "function": "sinc"}

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


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ImageSpec(Seeded):
    """What runs on images share: the data and the model."""

    dataset: str
    frame: Frame
    scaling: Scaling
    n_train: int
    n_test: int
    model: Model
    hidden: tuple[int, ...]
    epochs: int
    precision: Precision = "float32"
    """Of activations and their gradients, in training as in measuring. Weights, their gradients, the optimiser and the
    loss, given the class scores, are float32 in any case."""

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """See `Seeded`; a stack of dense networks has kernels of its own, all in float32."""
        return ("float32",) if self.model == "mlp" else get_args(Precision)

    def __post_init__(self) -> None:
        """Refuse a precision that there is no trainer for.

        Raises:
            TypeError: See `Spec`.
            ValueError: If runs of this kind and model are not trained in this precision; names those they are.
        """
        Spec.__post_init__(self)
        if self.precision not in self.precisions:
            of = f"kind {self.kind!r} with model {self.model!r}"
            raise ValueError(f"`precision` must be {' or '.join(self.precisions)} for {of}, got {self.precision!r}")

    @property
    def family(self) -> Hashable:
        """See `Spec`."""
        return self.kind, f"{self.model} {self.precision}"

    @property
    def is_fused(self) -> bool:
        """See `Spec`; small dense networks are: larger ones keep a core busy alone."""
        return self.model == "mlp" and self.n_params <= FUSED_PARAMS

    @property
    def label(self) -> str:
        """See `Spec`."""
        return f"{self._what()}{' bfloat16' * (self.precision == 'bfloat16')} seed {self.seed}"

    def smoke(self) -> Self:
        """See `Spec`."""
        n_train, n_test = SMOKE_IMAGES
        return self.replace(n_train=n_train, n_test=n_test, epochs=min(self.epochs, SMOKE_EPOCHS), **self._smoke())

    def _smoke(self) -> dict[str, Any]:
        """Further values of a smoke run."""
        return {}

    def check_inputs(self) -> None:
        """See `Spec`."""
        from hw1.files import check_here  # noqa: PLC0415 - only where runs are submitted

        check_here(self.dataset)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Classifier(ImageSpec):
    """A network trained on images of ten classes, cross-entropy, measured after every epoch."""

    kind: ClassVar[str] = "classifier"
    trainer: ClassVar[str] = "hw1.classifier"

    labels: Literal["true", "random"]
    optimizer: Optimizer
    learning_rate: float
    momentum: float
    weight_decay: float
    batch_size: int
    snapshots: bool

    def _what(self) -> str:
        model = "-".join(map(str, (784, *self.hidden, 10))) if self.model == "mlp" else self.model
        return f"{model}{' random labels' * (self.labels == 'random')} batch {self.batch_size}"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity(Classifier):
    """A convolutional classifier; at its end, how much its outputs and its loss change with inputs and weights."""

    kind: ClassVar[str] = "sensitivity"
    trainer: ClassVar[str] = "hw1.sensitivity"

    model: Literal["lenet", "cnn"]
    n_jacobian: int
    """Test images, the first ones, over which the Jacobian's norm is averaged."""
    n_sharpness: int
    """Training images, the first ones, whose loss is maximised."""
    epsilons: tuple[float, ...]
    """Sizes of Keskar's box |Δ| ≤ ε(|θ| + 1)."""
    adaptive_epsilons: tuple[float, ...]
    """Sizes of the box |Δ| ≤ ε|θ|."""
    ascent_steps: int
    rescale_factors: tuple[float, ...]
    """By which a layer is scaled, and the next one back."""
    rescaled_epsilon: float
    """Size of Keskar's box around rescaled weights."""
    rescaled_adaptive_epsilon: float
    """Size of the adaptive box around rescaled weights."""

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """See `Seeded`; the smallest box is lost when weights are rounded to the three digits of bfloat16."""
        return ("float32",)

    def _smoke(self) -> dict[str, Any]:
        return SMOKE_PROBE


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Surface(Classifier):
    """A dense classifier; at its end, its path's principal components and the loss around it in two planes."""

    kind: ClassVar[str] = "surface"
    trainer: ClassVar[str] = "hw1.surface"

    model: Literal["mlp"]
    n_walks: int
    """Random walks drawn to match the path."""
    n_grid: int
    """Points along either direction of a plane; odd, so that the end is one of them."""
    extent: float
    """From the end to the grid's border, in units of the path's radius: the largest distance from its end in the
    plane of its components."""
    n_surface_images: int
    """Training images, the first ones, on which the train loss of a point is measured."""

    @property
    def n_points(self) -> int:
        """Points of weight space at which the loss is measured: two grids, and after every epoch the path twice."""
        return 2 * self.n_grid**2 + 2 * (self.epochs + 1)

    def __post_init__(self) -> None:
        """Refuse a path without a plane, a grid without its end, and more images than there are.

        Raises:
            TypeError: See `Spec`.
            ValueError: If a value is out of its range; names the first.
        """
        ImageSpec.__post_init__(self)
        if self.epochs < 2:  # noqa: PLR2004 - two directions take three points
            raise ValueError(f"`epochs` must be at least 2 for a path in a plane, got {self.epochs}")
        if self.n_grid % 2 == 0 or self.n_grid < 3:  # noqa: PLR2004 - the end, and a point on either side
            raise ValueError(f"`n_grid` must be odd and at least 3, got {self.n_grid}")
        if not 0 < self.n_surface_images <= self.n_train:
            raise ValueError(f"`n_surface_images` must be from 1 to {self.n_train}, got {self.n_surface_images}")

    def _smoke(self) -> dict[str, Any]:
        return SMOKE_SURFACE


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Corrupted(Classifier):
    """A classifier trained until it fits labels of which a fraction was drawn anew, or at most for so many epochs."""

    kind: ClassVar[str] = "corrupted"
    trainer: ClassVar[str] = "hw1.classifier"
    free: ClassVar[dict[str, Any]] = {"seed": 0, "fraction": 0.0}

    fraction: float
    accuracy_at_least: float

    def _what(self) -> str:
        return f"{self.fraction:.0%} of labels corrupted"


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


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Empty(Seeded):
    """A run that does nothing: what it takes is what everything around a run costs."""

    kind: ClassVar[str] = "empty"
    trainer: ClassVar[str] = "hw1.empty"

    @property
    def is_fused(self) -> bool:
        """See `Spec`."""
        return True

    def _what(self) -> str:
        return "nothing"


KINDS: dict[str, type[Seeded]] = {
    c.kind: c
    for c in (FunctionFit, Classifier, Interpolation, Sensitivity, CriticalPoint, Surface, Barrier, Corrupted, Empty)
}
"""Every kind of the report's runs, by name."""
