"""The third depth of a study: a class that says what one run is, in plain torch; runs of it train as one stack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, dataclass_transform

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer


class Batch(dict[str, Any]):
    """Tensors by name, also as attributes: `batch.x` is `batch["x"]`."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a tensor, which is not imported here
        """The tensor of this name."""
        if name not in self:
            raise AttributeError(f"the data has no `{name}`: there are {', '.join(self) or 'none'}")
        return self[name]


@dataclass(frozen=True, slots=True)
class Data:
    """Tensors by name; rows of those in `train` belong together and are drawn in batches."""

    train: Mapping[str, Any]
    test: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let them be read as attributes."""
        object.__setattr__(self, "train", Batch(self.train))
        object.__setattr__(self, "test", Batch(self.test))


@dataclass_transform(kw_only_default=True)
class _Fields:
    """Makes the annotated names of a class its fields."""

    def __init_subclass__(cls) -> None:
        """As `dataclasses.dataclass` does."""
        dataclass(kw_only=True, eq=False)(cls)


class Module(_Fields):
    """One run: its fields are its parameters. A subclass defines `model`, `data`, `optimizer` and `loss`.

    `seed`, where it is a field, seeds torch's, numpy's and Python's generators before `data` and before `model`, the
    order of batches and every mask of dropout. A field or attribute `clip` is the largest norm of a gradient; one
    called `shuffled`, if false, leaves the rows in the order of the data in every epoch.
    """

    epochs: int = 1
    batch: int | None = None
    """Rows of a step; None for all of them, in their order."""

    def model(self) -> "nn.Module":
        """The network, on the CPU."""
        raise NotImplementedError

    def data(self) -> Data:
        """Data that it is trained on, and measured."""
        raise NotImplementedError

    def optimizer(self, model: "nn.Module") -> "Optimizer":
        """One of torch's, made of the model's parameters."""
        raise NotImplementedError

    def loss(self, model: "nn.Module", batch: Batch) -> "Tensor":
        """A number whose gradient trains the model."""
        raise NotImplementedError

    def measure(self, model: "nn.Module", data: Data) -> "Mapping[str, Tensor | float]":  # noqa: ARG002 - others do
        """Numbers after an epoch, of the model in its mode of evaluation; those after the last are the run's."""
        return {}

    def schedule(self, step: int) -> float:  # noqa: ARG002 - others do
        """Factor of the optimiser's learning rates in a step, counted from 0."""
        return 1.0

    def stop(self, rows: Sequence[Mapping[str, Any]]) -> bool:  # noqa: ARG002 - others do
        """True if the run ends here, by its measures so far: one dict an epoch."""
        return False


NEEDED = ("model", "data", "optimizer", "loss")
"""Methods that a study's class must define."""
