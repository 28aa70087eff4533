"""The data and the model that kinds of run on images share."""

import dataclasses
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args

from hw1 import cost
from hw1.architecture import CONVOLUTIONAL, IMAGE_SIZE, N_CLASSES, N_SHARDS, Layer, dense
from hw1.specs.seeded import Model, Precision, Seeded

if TYPE_CHECKING:
    from jaxtyping import Int
    from torch import Tensor

Frame = Literal["original", "padded", "resized"]
Scaling = Literal["unit", "normalised"]

FUSED_PARAMS = 20_000
"""Networks above this many parameters keep a core busy alone: stacking them gains nothing on a CPU."""

SMOKE_EPOCHS = 2
SMOKE_IMAGES = (2000, 1000)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ImageSpec(Seeded):
    """The data and the model that runs on images share."""

    negative_slope: ClassVar[float] = 0.0
    """Of its units, which are ReLUs."""

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
        Seeded.__post_init__(self)
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
    def cores(self) -> int:
        """See `Spec`; each trains a shard of a batch, where there is no GPU."""
        return N_SHARDS if self.model == "cnn" else 1

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

    @property
    def layers(self) -> tuple[Layer, ...]:
        """See `Seeded`."""
        if self.model == "mlp":
            return dense((IMAGE_SIZE[self.frame] ** 2, *self.hidden, N_CLASSES))
        return CONVOLUTIONAL[self.model]

    def train_labels(self, true: 'Int[Tensor, " image"]') -> 'Int[Tensor, " image"]':
        """The labels that it trains on, given the true ones, both on the CPU; test labels stay true."""
        return true

    @property
    def forward_flops(self) -> int:
        """Floating-point operations of one image's forward pass: two a multiplication."""
        return 2 * self.n_multiplications

    @property
    def training_flops(self) -> float:
        """Floating-point operations of one network's training.

        A backward pass costs twice a forward pass; every epoch learns from all training images and measures on all
        training and test images.
        """
        n_images = 3 * self.n_train + self.n_train + self.n_test
        return float(self.forward_flops * n_images * self.epochs)

    @property
    def flops(self) -> float:
        """Floating-point operations of the run."""
        return self.training_flops

    @property
    def steps_s(self) -> float:
        """Seconds on top that calling kernels takes in the run's steps."""
        return 0.0

    @classmethod
    def seconds(cls, specs: Sequence[Self]) -> float:
        """See `Spec`."""
        steps = sum(spec.steps_s for spec in specs)
        return sum(spec.flops / cost.flops_per_s(spec.model, spec.precision) for spec in specs) + steps

    @classmethod
    def memory_gb(cls, specs: Sequence[Self]) -> float:
        """See `Spec`: torch itself, the images as float32, and the weights."""
        first = specs[0]
        n_pixels = (first.n_train + first.n_test) * IMAGE_SIZE[first.frame] ** 2
        return cost.TORCH_GB + (4 * 2.5 * n_pixels + 4 * 20 * first.n_params * len(specs)) / 2**30
