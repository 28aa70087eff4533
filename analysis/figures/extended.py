"""The figures of what the report left out, numbered on from its own."""

from analysis.figures import sensitivity
from analysis.figures.entry import Entry

EXTENDED: tuple[Entry, ...] = (
    Entry(
        number=22,
        slug="batch-size",
        study="sensitivity",
        title="Loss, accuracy and sensitivity against batch size",
        caption="After the last epoch: loss and accuracy on all images; below, Frobenius norms of the Jacobian by the "
        "input as the network sees it, means over test images. The probabilities' norm is Novak's; it is small "
        "wherever the softmax is sure of itself, the class scores' is not. Logarithmic axes but for accuracy.",
        alt="Four plots over batch size: train and test loss, train and test accuracy, and the norms of the Jacobians "
        "of probabilities and of class scores.",
        draw=sensitivity.generalisation,
        table="sensitivity",
        columns=("jacobian_norm", "logit_jacobian_norm"),
    ),
    Entry(
        number=23,
        slug="sharpness",
        study="sensitivity",
        title="Sharpness against the size of the box",
        caption="Largest rise of the training loss found in a box around the weights, (max − loss) / (1 + loss), on "
        "the same training images for all. Both axes logarithmic; the two boxes' ε are not comparable.",
        alt="Two plots of sharpness over ε with a line for each batch size: for Keskar's box and for the one that "
        "scales with the weights.",
        draw=sensitivity.sharpness,
        table="sharpness",
        columns=("sharpness",),
    ),
    Entry(
        number=24,
        slug="rescaling",
        study="sensitivity",
        title="Sharpness of the same function, rescaled",
        caption="The first of the two dense hidden layers scaled by a factor and the second one's weights by its "
        "inverse: not one output changes. Sharpness in Keskar's box does (left); in a box that scales with the "
        "weights it cannot, and the lines coincide (right).",
        alt="Two plots of sharpness over batch size, as trained and after two rescalings: apart for Keskar's box, "
        "coinciding for the one that scales with the weights.",
        draw=sensitivity.rescaling,
        table="sharpness",
        columns=("sharpness",),
    ),
)
