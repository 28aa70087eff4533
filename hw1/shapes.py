"""Which runs may share a pack, and which of those train as one stack. Needs no torch."""

from hw1.architecture import n_params
from hw1.specs import Empty, FunctionFit, ImageSpec, Spec

FUSED_PARAMS = 20_000
"""Networks above this many parameters keep a core busy alone: stacking them gains nothing on a CPU."""


def shape(spec: Spec) -> Spec:
    """The spec with everything neutral that the runs of one pack may differ in; equal shapes may share a pack."""
    return spec.replace(**spec.free)


def is_fused(spec: Spec) -> bool:
    """Whether runs of this shape train as one stack: small dense networks do."""
    return isinstance(spec, FunctionFit | Empty) or (
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
