"""Kinds of run that train one network on images."""

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hw1 import cost
from hw1.specs.images import ImageSpec
from hw1.specs.seeded import Optimizer, Precision

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor

SMOKE_PROBE = {"n_jacobian": 100, "n_sharpness": 100, "ascent_steps": 3}
SMOKE_SURFACE = {"n_walks": 2, "n_grid": 5, "n_surface_images": 500}


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

    @property
    def own_labels(self) -> bool:
        """True if its training labels are drawn from its own seed."""
        return self.labels == "random"

    @property
    def ends_at(self) -> float | None:
        """Training accuracy at which it ends before its last epoch, if any."""
        return None

    def train_labels(self, true: 'Int[Tensor, " image"]') -> 'Int[Tensor, " image"]':
        """See `ImageSpec`; random ones are drawn from the run's own seed."""
        if self.labels == "true":
            return true
        from hw1.data import random_labels  # noqa: PLC0415 - imports torch

        return random_labels(len(true), seed=self.seed)

    @property
    def steps_s(self) -> float:
        """See `ImageSpec`."""
        n_learned = self.epochs * self.n_train
        extra = 0.0 if self.model == "mlp" else max(0.0, 1 / self.batch_size - 1 / cost.SMALL_BATCH)
        return n_learned * (cost.STEP_S / self.batch_size + cost.SMALL_BATCH_S * extra)


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

    @property
    def n_maximised(self) -> int:
        """Images whose loss and gradient are taken in all of its ascents."""
        n_ascents = len(self.epsilons) + len(self.adaptive_epsilons) + 2 * len(self.rescale_factors)
        return n_ascents * (self.ascent_steps + 1) * self.n_sharpness

    @property
    def flops(self) -> float:
        """See `ImageSpec`."""
        measured = float(cost.JACOBIAN_PASSES * self.n_jacobian + 3 * self.n_maximised)
        return self.training_flops + self.forward_flops * measured


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

    @property
    def flops(self) -> float:
        """See `ImageSpec`."""
        return self.training_flops + float(self.n_points * self.forward_flops * (self.n_surface_images + self.n_test))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Corrupted(Classifier):
    """A classifier trained until it fits labels of which a fraction was redrawn, up to a limit of epochs."""

    kind: ClassVar[str] = "corrupted"
    trainer: ClassVar[str] = "hw1.classifier"
    free: ClassVar[dict[str, Any]] = {"seed": 0, "fraction": 0.0}

    fraction: float
    accuracy_at_least: float

    def _what(self) -> str:
        return f"{self.fraction:.0%} of labels corrupted"

    @property
    def own_labels(self) -> bool:
        """See `Classifier`."""
        return True

    @property
    def ends_at(self) -> float | None:
        """See `Classifier`."""
        return self.accuracy_at_least

    def train_labels(self, true: 'Int[Tensor, " image"]') -> 'Int[Tensor, " image"]':
        """See `ImageSpec`; what is corrupted is drawn from the run's own seed."""
        from hw1.data import corrupted_labels  # noqa: PLC0415 - imports torch

        return corrupted_labels(Classifier.train_labels(self, true), fraction=self.fraction, seed=self.seed)

    @property
    def flops(self) -> float:
        """See `ImageSpec`; it ends once it fits its labels."""
        return cost.FITTED * self.training_flops
