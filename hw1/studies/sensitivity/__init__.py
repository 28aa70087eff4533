"""1-3-3, left out by the report: what the batch size does to sensitivity and sharpness."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED
from hw1.specs import Sensitivity
from jobs import Spec, Study

BATCH_SIZES = (16, 64, 256, 1024, 4096)


def specs(_preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """LeNet with every batch size for as many epochs, so with fewer updates the larger the batch."""
    return [
        Sensitivity(
            seed=seed,
            dataset="mnist",
            frame="padded",
            scaling="normalised",
            n_train=60_000,
            n_test=10_000,
            model="lenet",
            hidden=(),
            epochs=8,
            labels="true",
            optimizer="adam",
            learning_rate=1e-3,
            momentum=0.0,
            weight_decay=0.0,
            batch_size=batch_size,
            snapshots=False,
            n_jacobian=2000,
            n_sharpness=1000,
            epsilons=(1e-4, 5e-4, 1e-3, 5e-3),
            adaptive_epsilons=(1e-3, 5e-3, 1e-2, 5e-2),
            ascent_steps=10,
            rescale_factors=(4.0, 16.0),
            rescaled_epsilon=1e-3,
            rescaled_adaptive_epsilon=1e-2,
        )
        for seed in seeds or FIRST_SEED
        for batch_size in BATCH_SIZES
    ]


STUDY = Study(
    name="sensitivity",
    section="1-3-3",
    title="Sensitivity and sharpness vs generalization",
    specs=specs,
    kinds=(Sensitivity,),
    presets=("extended",),
)
