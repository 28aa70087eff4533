"""1-3-2: ten networks of growing width."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED, classifier
from hw1.specs import Classifier
from jobs import Spec, Study

WIDTHS = (5, 25, 50, 60, 100, 150, 200, 250, 280, 350)
SECOND_WIDTHS = (9, 50, 100, 120, 200, 300, 400, 500, 560, 600)
"""The notebooks have a second hidden layer."""


def specs(preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """One hidden layer in the report, two in the notebooks."""
    both = [(n, m) if preset == "notebook" else (n,) for n, m in zip(WIDTHS, SECOND_WIDTHS, strict=True)]
    return [
        classifier(
            seed=seed,
            dataset="mnist",
            frame="original",
            scaling="unit",
            model="mlp",
            hidden=hidden,
            epochs=8,
            optimizer="adam",
            learning_rate=1e-4,
            batch_size=50,
        )
        for seed in seeds or FIRST_SEED
        for hidden in both
    ]


STUDY = Study(
    name="parameters",
    section="1-3-2",
    title="Number of parameters vs generalization",
    specs=specs,
    kinds=(Classifier,),
    gpus=0,
)
