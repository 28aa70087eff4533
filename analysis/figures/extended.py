"""The figures of what the report left out, numbered on from its own."""

from analysis.figures import critical_points
from analysis.figures.entry import Entry

_PHASE_POINTS = (
    "A circle a run where Adam stopped, a triangle where its Newton steps did; hollow: its gradient norm was not below "
    "that phase's threshold."
)
_ZERO = (
    "Right: eigenvalues of at most 1e-9 of the largest absolute one count as zero. "
    "Dotted: the loss of the best constant."
)

EXTENDED: tuple[Entry, ...] = (
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
)
