"""Which runs may share a pack, and which of those train as one stack. Needs no torch."""

from hw1.architecture import n_params
from hw1.specs import Classifier, FunctionFit, ImageSpec, Interpolation, Spec

FUSED_PARAMS = 20_000
"""Networks above this many parameters keep a core busy alone: stacking them gains nothing on a CPU."""


def shape(spec: Spec) -> Spec:
    """The spec with everything neutral that the runs of one pack may differ in; equal shapes may share a pack.

    Raises:
        TypeError: If no trainer knows the spec.
    """
    if isinstance(spec, FunctionFit):
        return spec.replace(seed=0, function="sinc")
    if isinstance(spec, Interpolation):
        return spec.replace(seed=0, batch_size_1=1, batch_size_2=1, learning_rate_1=0.0, learning_rate_2=0.0)
    if isinstance(spec, Classifier):
        return spec.replace(seed=0)
    raise TypeError(f"no trainer knows specs of type {type(spec).__name__}")


def is_fused(spec: Spec) -> bool:
    """Whether runs of this shape train as one stack: small dense networks do."""
    return isinstance(spec, FunctionFit) or (
        isinstance(spec, ImageSpec) and spec.model == "mlp" and n_params(spec) <= FUSED_PARAMS
    )


def check_shared(specs: list[Spec]) -> None:
    """Refuse specs that cannot share a pack.

    Raises:
        ValueError: If they differ in more than what their trainer lets differ; names the fields.
    """
    neutral = [{"kind": spec.kind, **shape(spec).values()} for spec in specs]
    names = {name for values in neutral for name in values}
    differing = sorted(name for name in names if len({str(values.get(name)) for values in neutral}) > 1)
    if differing:
        raise ValueError(f"runs of one pack must have one shape and schedule, these differ in {', '.join(differing)}")
