"""Runs of the table: a student of n neurons and its teacher of k, from one random start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jobs import Column, Spec, State, Table

if TYPE_CHECKING:
    import torch

_SEEDS_PER_PACK = 1000
_SMOKE_STEPS, _SMOKE_SEEDS = 300, 2
_STEP_S, _PAIR_S, _EIGENVALUES_S = 1.5e-6, 1.3e-8, 4e-10
"""A step of a run, further for each pair of neurons; eigenvalues for p³ of p weights. Seconds on a shared core."""
_RUNS = (
    Column(name="n_params", type="int64", label="weights"),
    Column(name="n_steps", type="int64", label="steps of gradient descent"),
    Column(name="loss", type="float64", label="loss at the end"),
    Column(name="gradient_norm", type="float64", label="largest gradient norm of a neuron"),
    Column(name="end", type="string", label="ended by"),
    Column(name="is_spurious", type="bool", label="spurious"),
    Column(name="least_eigenvalue", type="float64", label="least eigenvalue of the Hessian"),
)
_ENDS = (
    Column(name="run_id", type="string", label="run", key=True),
    Column(name="weights", type="list<float64>", label="weights at the end, neuron by neuron"),
    Column(name="newton", type="list<float64>", label="the same after one step of Newton's method"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Student(Spec):
    """Gradient descent from a random start until the gradient vanishes."""

    kind: ClassVar[str] = "relu_student"
    free: ClassVar[dict[str, Any]] = {"seed": 0}

    seed: int
    n: int
    """Neurons of the student."""
    k: int
    """Neurons of the teacher, and dimension of the input."""
    learning_rate: float = 0.1
    gradient_norm_below: float = 1e-9
    """It ends where every neuron's gradient is shorter, as a `minimum`."""
    loss_below: float | None = None
    """It ends at a smaller loss, as `solved`: descent does not raise it again."""
    spurious_from: float = 1e-3
    """An end at this loss or a larger one is spurious."""
    max_steps: int = 200_000
    """It ends after so many steps, by its `cap`."""
    keeps_weights: bool = False
    """True if the weights of a spurious end are stored."""

    @property
    def label(self) -> str:
        """See `Spec`."""
        return f"n {self.n}, k {self.k}, seed {self.seed}"

    @property
    def n_params(self) -> int:
        """See `Spec`."""
        return self.n * self.k

    @property
    def group(self) -> tuple[object, ...]:
        """A thousand seeds share a pack, which trains a stack of them at a time."""
        return (self.shape, self.seed // _SEEDS_PER_PACK)

    def smoke(self) -> "Student":
        """Few steps of few seeds."""
        return self.replace(seed=self.seed % _SMOKE_SEEDS, max_steps=_SMOKE_STEPS)

    @property
    def n_typical(self) -> int:
        """Steps that a run takes in the middle."""
        return min(self.max_steps, 2000 + 350 * self.n)

    @classmethod
    def seconds(cls, specs: Sequence["Student"]) -> float:
        """See `Spec`; runs of one pack have one shape."""
        spec = specs[0]
        step_s = _STEP_S + _PAIR_S * spec.n * (spec.n + spec.k)
        return len(specs) * (spec.n_typical * step_s + _EIGENVALUES_S * spec.n_params**3)

    @classmethod
    def basis(cls) -> str:
        """See `Spec`."""
        return "operation counts"

    @classmethod
    def tables(cls) -> tuple[Table, ...]:
        """End of each run; some ends with their weights."""
        return Table(name="runs", columns=_RUNS), Table(name="ends", columns=_ENDS)

    @classmethod
    def train(
        cls,
        specs: Sequence["Student"],
        *,
        device: "torch.device",  # noqa: ARG003 - the study asks for no GPU
        state: State | None = None,
    ) -> Iterator[State]:
        """See `Spec`."""
        from hw1.projects.spurious_minima.descent import train  # noqa: PLC0415 - imports torch

        return train(specs, state=state)
