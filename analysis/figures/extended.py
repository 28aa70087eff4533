"""The figures of what the report left out, numbered on from its own."""

from analysis.claims.barriers import parts_at_once
from analysis.figures import barriers, corruption
from analysis.figures.entry import Entry

_MEASURED = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")

EXTENDED: tuple[Entry, ...] = (
    Entry(
        number=32,
        slug="line-from-initialisation",
        study="barriers",
        title="Loss and accuracy from the initialisation to the ends",
        caption="θ(α) = (1−α)θ₀ + αθ from the initialisation θ₀ to either of two ends θ that differ in data order "
        "only; all train and test images. Logarithmic loss axis.",
        alt="Loss over α above accuracy over α, train and test, on the lines from the initialisation to ends 1 and 2.",
        draw=barriers.from_initialisation,
        table="lines",
        columns=_MEASURED,
        of=parts_at_once,
    ),
    Entry(
        number=33,
        slug="barriers",
        study="barriers",
        title="Barriers between ends that differ in data order, and in more",
        caption="Left: loss and error on the line θ(α) = (1−α)θ₁ + αθ₂ between ends that differ in data order only, "
        "from the initialisation on or after the epochs they share. Right: how far loss and error rise above the "
        "straight line between the ends' values, one point a seed; where collected, those of the report's pairs too.",
        alt="Left, lines of loss and error over α between two ends, train and test; right, points of the barriers' "
        "heights by what the ends differ in: batch size, learning rate, or data order only.",
        draw=barriers.between,
        table="lines",
        columns=_MEASURED,
    ),
    Entry(
        number=34,
        slug="corrupted-labels",
        study="corruption",
        title="Accuracy as labels corrupted in part are fitted",
        caption="Above: on all training images with their partly corrupted labels, after each epoch; a run that fits "
        "them ends there and keeps its last value. Below: on all test images with their true labels.",
        alt="Train accuracy over epochs above test accuracy over epochs, one line for each fraction of labels "
        "corrupted, from none to all.",
        draw=corruption.fitting,
        columns=("train_accuracy", "test_accuracy"),
    ),
    Entry(
        number=35,
        slug="corruption-costs",
        study="corruption",
        title="Epochs to fit and generalisation gap against the fraction of labels corrupted",
        caption="Left: the epoch after which the train accuracy was high enough. Right: train and test error then, and "
        "between them (grey) the generalisation gap. At a fraction of 1 no label says anything, and nine in ten test "
        "images are missed by a guess.",
        alt="Left, epochs to fit over the fraction of labels corrupted; right, train error, test error and their gap.",
        draw=corruption.costs,
        table="runs",
        columns=("n_steps", "train_accuracy", "test_accuracy"),
    ),
)
