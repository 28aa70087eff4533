"""1-2-3, further: on from where the gradient is almost zero to where it is zero, and what the Hessian says there."""

from collections.abc import Sequence

from hw1.specs import CriticalPoint
from hw1.studies import minimal_ratio
from jobs import Spec, Study


def specs(preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """The runs of `minimal_ratio`, each followed by a search for a zero of the gradient."""
    return [
        CriticalPoint(**fit.fields(), newton_gradient_norm_below=1e-6, max_newton_steps=60)
        for fit in minimal_ratio.specs(preset, seeds)
    ]


STUDY = Study(
    name="critical_points",
    section="1-2-3",
    title="Is the gradient zero, and what does the Hessian say there?",
    specs=specs,
    kinds=(CriticalPoint,),
    presets=("extended",),
    gpus=0,
)
