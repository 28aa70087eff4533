"""The least that a sweep can take: the arithmetic that it must do, at the peak of the machine's matrix products."""

from collections.abc import Mapping, Sequence

from hw1.cost import EARLY
from hw1.functions import N_POINTS
from hw1.specs import Classifier, Empty, FunctionFit, ImageSpec, Interpolation, Seeded

DOUBLE = 2
"""An operation in float64 counts as two in float32: vectors hold half as many."""


def arithmetic(specs: Sequence[Seeded], n_steps: Mapping[str, float]) -> float:
    """Floating-point operations in float32 that runs must do, whatever the program.

    Matrix products only, a multiplication and its addition as two operations. Of a classifier what `ImageSpec.flops`
    counts, less the derivative by its input, which nobody needs; pairs that share an end train it once. Of a function
    fit see `fit_arithmetic`.

    Args:
        specs: The runs.
        n_steps: Iterations that function fits with a stopping rule took, by run id, where it is known.
    """
    total = 0.0
    ends: set[tuple[int, int, float]] = set()
    for spec in specs:
        if isinstance(spec, Interpolation):
            first, second = (spec.batch_size_1, spec.learning_rate_1), (spec.batch_size_2, spec.learning_rate_2)
            own = {(spec.seed, *first), (spec.seed, *second)}
            once = spec.flops - spec.line_flops
            total += spec.line_flops + (once / 2 - _input_derivative(spec)) * len(own - ends)
            ends |= own
        elif isinstance(spec, ImageSpec):
            total += spec.flops - (_input_derivative(spec) if isinstance(spec, Classifier) else 0.0)
        elif isinstance(spec, FunctionFit):
            total += fit_arithmetic(spec, n_steps.get(spec.run_id, _expected(spec)))
        elif not isinstance(spec, Empty):
            raise TypeError(f"`specs` must be of kinds whose arithmetic is counted, got {spec.kind}")
    return total


def fit_arithmetic(spec: FunctionFit, n_steps: float) -> float:
    """Operations of a function fit with p parameters, M weights, N points.

    An iteration: 2MN forward, 2MN for the weights' gradient, 2(M − M₁)N for the layers' inputs, where M₁ are the first
    layer's weights. A spectrum, in float64: Np² for the symmetric JᵀJ; of the second derivatives, 2N p_k p_l for every
    pair of layers k < l; (4/3)p³ to make the Hessian tridiagonal (Golub & Van Loan 2013, section 8.3).
    """
    m, first = spec.n_multiplications, spec.layers[0].n_weights
    total = n_steps * 2.0 * N_POINTS * (3 * m - first)
    if spec.measures == "spectrum":
        p, sizes = spec.n_params, [layer.n_params for layer in spec.layers]
        pairs = sum(a * b for k, a in enumerate(sizes) for b in sizes[k + 1 :])
        total += DOUBLE * (N_POINTS * p**2 + 2.0 * N_POINTS * pairs + 4 / 3 * p**3)
    return total


def _expected(spec: FunctionFit) -> float:
    return spec.max_iterations * (EARLY if spec.gradient_norm_below is not None else 1.0)


def _input_derivative(spec: ImageSpec) -> float:
    """Of the loss by the network's input: the first layer's share of the backward pass."""
    first = spec.layers[0]
    return 2.0 * first.n_weights * first.n_positions * spec.n_train * spec.epochs
