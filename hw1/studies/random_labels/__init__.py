"""1-3-1: LeNet on labels drawn at random."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED, classifier
from hw1.specs import Classifier
from jobs import Spec, Study


def specs(preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """LeNet; the notebooks resize the images."""
    return [
        classifier(
            seed=seed,
            dataset="mnist",
            frame="resized" if preset == "notebook" else "padded",
            scaling="normalised",
            model="lenet",
            epochs=75,
            labels="random",
            optimizer="adam",
            learning_rate=1e-4,
            batch_size=100,
        )
        for seed in seeds or FIRST_SEED
    ]


STUDY = Study(
    name="random_labels", section="1-3-1", title="Can network fit random labels?", specs=specs, kinds=(Classifier,)
)
