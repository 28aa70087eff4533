"""Which runs may share a pack, and which of those train as one stack. Needs no torch."""

import dataclasses
import functools
from collections.abc import Hashable, Sequence

from hw1.architecture import n_params
from hw1.specs import Empty, FunctionFit, ImageSpec, Spec

FUSED_PARAMS = 20_000
"""Networks above this many parameters keep a core busy alone: stacking them gains nothing on a CPU."""


def shape(spec: Spec) -> Hashable:
    """The spec's kind and the values that the runs of one pack may not differ in: equal shapes may share a pack."""
    return (spec.kind, *[getattr(spec, name) for name in _shared(type(spec))])  # type: ignore[arg-type]  # a class is hashable


@functools.cache
def _shared(cls: type[Spec]) -> list[str]:
    return [field.name for field in dataclasses.fields(cls) if field.name not in cls.free]


def is_fused(spec: Spec) -> bool:
    """Whether runs of this shape train as one stack: small dense networks do."""
    return isinstance(spec, FunctionFit | Empty) or (
        isinstance(spec, ImageSpec) and spec.model == "mlp" and n_params(spec) <= FUSED_PARAMS
    )


def check_shared(specs: Sequence[Spec]) -> None:
    """Refuse specs that cannot share a pack.

    Raises:
        ValueError: If they differ in more than what their trainer lets differ; names the fields.
    """
    if len(set(map(shape, specs))) == 1:
        return
    neutral = [{"kind": spec.kind, **spec.replace(**spec.free).values()} for spec in specs]
    names = {name for values in neutral for name in values}
    differing = sorted(name for name in names if len({str(values.get(name)) for values in neutral}) > 1)
    raise ValueError(f"runs of one pack must have one shape and schedule, these differ in {', '.join(differing)}")
