"""The figures of what the report left out, numbered on from its own."""

from analysis.claims.barriers import parts_at_once
from analysis.figures import barriers, corruption, critical_points, sensitivity, surface
from analysis.figures.entry import Entry

_PHASE_POINTS = (
    "A circle a run where Adam stopped, a triangle where its Newton steps did; hollow: its gradient norm was not below "
    "that phase's threshold."
)
_ZERO = (
    "Right: eigenvalues of at most 1e-9 of the largest absolute one count as zero. "
    "Dotted: the loss of the best constant."
)
_MEASURED = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
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
    Entry(
        number=25,
        slug="minimal-ratio-tolerance",
        study="critical_points",
        title="Minimal ratio by the tolerance for zero",
        caption="Fraction of eigenvalues above τ times the largest absolute one. Line: median over the panel's runs; "
        "band: minimum to maximum. Points at 0 count every eigenvalue > 0, as the report does. Up to the dotted line "
        "(1e-12) an eigenvalue can be rounding alone; dashed (1e-9): the tolerance of the next figures.",
        alt="Curves of the fraction of positive eigenvalues over the tolerance on a logarithmic axis, after Adam and "
        "after Newton steps, with a point at tolerance 0.",
        draw=critical_points.by_tolerance,
        table="critical_points",
        columns=("loss",),
        banded=False,
    ),
    Entry(
        number=26,
        slug="minimal-ratio-both",
        study="critical_points",
        title="Minimal ratio against loss, with and without tolerance",
        caption=f"{_PHASE_POINTS} {_ZERO}",
        alt="Two scatter plots of the loss over the minimal ratio, one point a run and phase: counted above zero, and "
        "above a tolerance.",
        draw=critical_points.minimal_ratio,
        table="critical_points",
        columns=("loss",),
        banded=False,
    ),
    Entry(
        number=27,
        slug="gradient-flatness",
        study="critical_points",
        title="Is a small gradient near a critical point?",
        caption=f"{_PHASE_POINTS} Dotted: both thresholds. Above: the curvature along the gradient g as a share of the "
        "largest, 1 if g points where the loss curves most, about 0 if g lies in the Hessian's kernel: at such a "
        "gradient-flat point the loss is linear along g, and no zero is near. From the dashed line (0.44) up no point "
        "is gradient-flat. Below: after which part of the full Newton step some unit crosses its kink, where the "
        "gradient jumps and the quadratic model of the loss ends.",
        alt="Two scatter plots over the gradient's norm, logarithmic axes: the norm of Hessian times gradient over "
        "the product of their norms, and the fraction of the Newton step until a kink.",
        draw=critical_points.flatness,
        table="critical_points",
        columns=("gradient_norm", "hessian_gradient_ratio"),
        banded=False,
    ),
    Entry(
        number=28,
        slug="negative-eigenvalues",
        study="critical_points",
        title="Negative eigenvalues against loss, with and without tolerance",
        caption=f"{_PHASE_POINTS} {_ZERO}",
        alt="Two scatter plots of the loss over the fraction of negative eigenvalues, one point a run and phase: "
        "counted below zero, and below minus a tolerance.",
        draw=critical_points.negative,
        table="critical_points",
        columns=("loss",),
        banded=False,
    ),
    Entry(
        number=29,
        slug="explained-variance",
        study="surface",
        title="Explained variance of each path, and of random walks",
        caption="Left: share of the variance of all weights and biases over a run's epochs that its k-th principal "
        "component explains, beside random walks of as many steps, with the run's own step lengths, in as many "
        "dimensions (ten a run; band over all of them); logarithmic axis. Right: what the plane of the first two "
        "leaves of the path: train loss at the weights after each epoch, and at their projection.",
        alt="Left, lines of explained variance over principal components: training paths fall faster than random "
        "walks. Right, lines of the train loss over epochs on the path and at its projection.",
        draw=surface.explained,
        table="explained",
        columns=("share",),
    ),
    Entry(
        number=30,
        slug="surfaces",
        study="surface",
        title="The loss around the end of a path",
        caption="Contours of the train loss around the end (star) of the run with the lowest seed, in the plane of its "
        "path's first two principal components and in that of two filter-normalised random directions; one scale of "
        "distance (2-norm) in weight space, one logarithmic scale of colour. The path is projected on its plane, one "
        "point an epoch; dashed: as far from the end as the path comes.",
        alt="Two contour plots of the train loss around the end: in the plane of the path's components, with the path "
        "leading to the end, and in a plane of random directions.",
        draw=surface.surfaces,
        table="surfaces",
        columns=("train_loss",),
        banded=False,
    ),
    Entry(
        number=31,
        slug="surface-slices",
        study="surface",
        title="The loss on lines through the ends of all paths",
        caption="Train loss on the lines through the end along both directions of either plane, for every run; "
        "distance in units of the path's radius, the largest distance from its end. Training came from the left along "
        "the first component. Logarithmic loss axis.",
        alt="Lines of the train loss over the distance from the end, along two components and two random directions.",
        draw=surface.slices,
        table="surfaces",
        columns=("train_loss",),
    ),
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
