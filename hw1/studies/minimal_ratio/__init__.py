"""1-2-3: where the gradient is almost zero, the share of directions that curve upwards."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED, function_fit
from hw1.specs import FunctionFit
from jobs import Spec, Study

N_RUNS = 100


def specs(_preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """A hundred runs count as one seed."""
    return [
        function_fit(
            seed=seed,
            function="sinc",
            hidden=(4, 9, 12, 10, 10, 10, 4),
            optimizer="adam",
            weight_decay=1e-5,
            max_iterations=4000,
            gradient_norm_below=1e-3,
            measures="spectrum",
        )
        for first in seeds or FIRST_SEED
        for seed in range(N_RUNS * first, N_RUNS * (first + 1))
    ]


STUDY = Study(
    name="minimal_ratio",
    section="1-2-3",
    title="What happens when gradient is almost zero?",
    specs=specs,
    kinds=(FunctionFit,),
    gpus=0,
)
