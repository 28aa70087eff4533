"""The figures of what the report left out, numbered on from its own."""

from analysis.figures import surface
from analysis.figures.entry import Entry

EXTENDED: tuple[Entry, ...] = (
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
)
