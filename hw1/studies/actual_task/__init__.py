"""1-1-2: LeNet and a larger convolutional network on MNIST."""

from collections.abc import Sequence

from hw1.common import FIRST_SEED, classifier
from hw1.specs import Classifier, Model
from jobs import Spec, Study

MODELS: tuple[Model, ...] = ("lenet", "cnn")


def specs(preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """Both models; the notebooks resize the images and stop after 9 epochs."""
    return [
        classifier(
            seed=seed,
            dataset="mnist",
            frame="resized" if preset == "notebook" else "padded",
            scaling="normalised",
            model=model,
            epochs=9 if preset == "notebook" else 10,
            optimizer="sgd",
            learning_rate=0.01,
            momentum=0.5,
            batch_size=64,
        )
        for seed in seeds or FIRST_SEED
        for model in MODELS
    ]


STUDY = Study(name="actual_task", section="1-1-2", title="Train on actual task", specs=specs, kinds=(Classifier,))
