"""The least that a sweep can take: the arithmetic that it must do, at the peak of the machine's matrix products."""

from collections.abc import Hashable, Mapping, Sequence
from functools import singledispatch

from hw1.cost import EARLY
from hw1.functions import N_POINTS
from hw1.specs import Classifier, Empty, FunctionFit, ImageSpec, Interpolation, Seeded

DOUBLE = 2
"""An operation in float64 counts as two in float32: vectors hold half as many."""


def arithmetic(specs: Sequence[Seeded], n_steps: Mapping[str, float]) -> float:
    """Floating-point operations in float32 that runs must do, whatever the program.

    Matrix products only, a multiplication and its addition as two operations. What runs share, they do once.

    Args:
        specs: The runs.
        n_steps: Iterations that function fits with a stopping rule took, by run id, where it is known.

    Raises:
        TypeError: If the operations of a kind are not counted.
    """
    shares: dict[Hashable, float] = {}
    for spec in specs:
        shares |= _shares(spec, n_steps)
    return sum(shares.values(), 0.0)


Shares = Mapping[Hashable, float]
"""Operations of a run, by what they are for: what two runs have in common has one name."""


@singledispatch
def _shares(spec: Seeded, n_steps: Mapping[str, float]) -> Shares:  # noqa: ARG001 - of those registered
    raise TypeError(f"`specs` must be of kinds whose arithmetic is counted, got {spec.kind}")


@_shares.register
def _of_nothing(spec: Empty, n_steps: Mapping[str, float]) -> Shares:  # noqa: ARG001 - chosen by its type
    return {}


@_shares.register
def _of_images(spec: ImageSpec, n_steps: Mapping[str, float]) -> Shares:  # noqa: ARG001 - no stopping rule
    return {spec.run_id: spec.flops}


@_shares.register
def _of_classifier(spec: Classifier, n_steps: Mapping[str, float]) -> Shares:  # noqa: ARG001 - no stopping rule
    """Less the derivative by the network's input, which nobody needs."""
    return {spec.run_id: spec.flops - _input_derivative(spec)}


@_shares.register
def _of_line(spec: Interpolation, n_steps: Mapping[str, float]) -> Shares:  # noqa: ARG001 - no stopping rule
    """Pairs that share an end train it once."""
    end = (spec.flops - spec.line_flops) / 2 - _input_derivative(spec)
    ends = ((spec.batch_size_1, spec.learning_rate_1), (spec.batch_size_2, spec.learning_rate_2))
    return {spec.run_id: spec.line_flops} | {(spec.group, *each): end for each in ends}


@_shares.register
def _of_fit(spec: FunctionFit, n_steps: Mapping[str, float]) -> Shares:
    """Operations of a function fit with p parameters, M weights, N points.

    An iteration: 2MN forward, 2MN for the weights' gradient, 2(M − M₁)N for the layers' inputs, where M₁ are the first
    layer's weights. A spectrum, in float64: Np² for the symmetric JᵀJ; of the second derivatives, 2N p_k p_l for every
    pair of layers k < l; (4/3)p³ to make the Hessian tridiagonal (Golub & Van Loan 2013, section 8.3).
    """
    m, first = spec.n_multiplications, spec.layers[0].n_weights
    total = n_steps.get(spec.run_id, _expected(spec)) * 2.0 * N_POINTS * (3 * m - first)
    if spec.measures == "spectrum":
        p, sizes = spec.n_params, [layer.n_params for layer in spec.layers]
        pairs = sum(a * b for k, a in enumerate(sizes) for b in sizes[k + 1 :])
        total += DOUBLE * (N_POINTS * p**2 + 2.0 * N_POINTS * pairs + 4 / 3 * p**3)
    return {spec.run_id: total}


def _expected(spec: FunctionFit) -> float:
    return spec.max_iterations * (EARLY if spec.gradient_norm_below is not None else 1.0)


def _input_derivative(spec: ImageSpec) -> float:
    """Of the loss by the network's input: the first layer's share of the backward pass."""
    first = spec.layers[0]
    return 2.0 * first.n_weights * first.n_positions * spec.n_train * spec.epochs
