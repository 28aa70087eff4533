"""An addition to 1-3-3: ends that differ in data order only, barriers, and lines from the initialisation."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED
from hw1.specs import Barrier
from jobs import Spec, Study

SHARED_EPOCHS = (0, 1)
"""Ends that part at the initialisation, and ends that part after the first epoch."""


def specs(_preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """Pairs trained as end 1 of the report's pairs is; lines from the initialisation of the first pair only."""
    return [
        Barrier(
            seed=seed,
            dataset="mnist",
            frame="padded",
            scaling="unit",
            n_train=60_000,
            n_test=10_000,
            model="lenet",
            hidden=(),
            epochs=15,
            momentum=0.9,
            batch_size=100,
            learning_rate=1e-2,
            shared_epochs=shared_epochs,
            from_initialisation=shared_epochs == 0,
            n_alphas=17,
        )
        for seed in seeds or FIRST_SEED
        for shared_epochs in SHARED_EPOCHS
    ]


STUDY = Study(
    name="barriers",
    section="1-3-3",
    title="Barriers and data order",
    specs=specs,
    kinds=(Barrier,),
    presets=("extended",),
)
