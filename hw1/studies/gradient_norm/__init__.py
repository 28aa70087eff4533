"""1-2-2: the norm of the gradient beside the loss, at every iteration."""

from collections.abc import Sequence

from hw1.common import DEEP, FIRST_SEED, function_fit
from hw1.specs import FunctionFit
from jobs import Spec, Study


def specs(_preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """The deep model on f1."""
    return [
        function_fit(
            seed=seed,
            function="sinc",
            hidden=DEEP,
            optimizer="adam",
            weight_decay=1e-4,
            max_iterations=1200,
            measures="gradient_norm",
        )
        for seed in seeds or FIRST_SEED
    ]


STUDY = Study(
    name="gradient_norm",
    section="1-2-2",
    title="Observe gradient norm during training",
    specs=specs,
    kinds=(FunctionFit,),
    gpus=0,
)
