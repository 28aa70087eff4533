"""The tables that the report's studies write, and the axis label of each of their columns."""

from jobs import CORE, Column, Table, Type


def _c(name: str, type_: Type, label: str, unit: str = "") -> Column:
    return Column(name=name, type=type_, label=label, unit=unit)


def _key(name: str, type_: Type, label: str) -> Column:
    return Column(name=name, type=type_, label=label, key=True)


_RUN_ID = _key("run_id", "string", "run")
_MEASURES = (
    _c("train_loss", "float64", "train loss"),
    _c("train_accuracy", "float64", "train accuracy", "fraction"),
    _c("test_loss", "float64", "test loss"),
    _c("test_accuracy", "float64", "test accuracy", "fraction"),
)
_GRADIENT_NORM = _c("gradient_norm", "float64", "2-norm of the gradient")
_N_STEPS = _c("n_steps", "int64", "steps trained", "epochs or iterations")
_CONVERGED = _c("converged", "bool", "met its stopping rule")
_EIGENVALUES = _c("eigenvalues", "list<float64>", "eigenvalues of the Hessian, ascending", "loss / parameter²")

_OWN: dict[str, tuple[Column, ...]] = {
    # Further columns of the rows that every run has.
    "runs": (
        _c("n_params", "int64", "number of parameters"),
        _N_STEPS,
        _CONVERGED,
        *_MEASURES,
        _GRADIENT_NORM,
        _c("minimal_ratio", "float64", "minimal ratio", "fraction of eigenvalues > 0"),
        # Of LeNets: "C" is the compiled program, else "torch"; they round differently.
        _c("convolutions", "string", "convolutions computed by"),
    ),
    # Step counts the epochs done (from 1) of runs on images, the updates done (from 0) of function fits; end is 0, or 1
    # and 2 for the two ends of an interpolation. `running_*`: mean over the epoch's batches as the weights moved.
    "curves": (
        _RUN_ID,
        _key("end", "int64", "end of the path"),
        _key("step", "int64", "epoch or iteration"),
        *_MEASURES,
        _c("running_loss", "float64", "running train loss"),
        _c("running_accuracy", "float64", "running train accuracy", "fraction"),
        _GRADIENT_NORM,
    ),
    "predictions": (
        _RUN_ID,
        _key("x", "float64", "x"),
        _c("truth", "float64", "f(x)"),
        _c("prediction", "float64", "predicted f(x)"),
    ),
    # The weights (no biases) of one layer after one epoch; epoch 0 is the initialisation; layer counts from 1.
    "snapshots": (
        _RUN_ID,
        _key("epoch", "int64", "epoch"),
        _key("layer", "int64", "layer"),
        _c("weights", "list<float32>", "weights"),
    ),
    "eigenvalues": (
        _RUN_ID,
        _EIGENVALUES,
    ),
    "paths": (_RUN_ID, _key("alpha", "float64", "α"), *_MEASURES),
    # Frobenius norms of the Jacobian of the class probabilities, and of the class scores (logits), by the network's
    # input: means over test images, at the end of training.
    "sensitivity": (
        _RUN_ID,
        _c("jacobian_norm", "float64", "Jacobian norm", "1 / input unit"),
        _c("logit_jacobian_norm", "float64", "Jacobian norm of the class scores", "1 / input unit"),
    ),
    # Factor 1 is the network as trained; any other one the same function with two layers' weights rescaled.
    "sharpness": (
        _RUN_ID,
        _key("box", "string", "shape of the box"),
        _key("factor", "float64", "factor of rescaling"),
        _key("epsilon", "float64", "ε, size of the box"),
        _c("subset_loss", "float64", "train loss, some images"),
        _c("largest_loss", "float64", "largest train loss in the box, some images"),
        _c("sharpness", "float64", "sharpness", "%"),
    ),
    # Two rows a run, where each phase stopped: adam (as trained; its steps are iterations), then newton. Loss, gradient
    # g and Hessian H are those of the float64 network, after adam at the float32 weights.
    "critical_points": (
        _RUN_ID,
        _key("phase", "string", "phase"),
        _N_STEPS,
        _CONVERGED,
        _c("loss", "float64", "loss"),
        _GRADIENT_NORM,
        _c("hessian_gradient_ratio", "float64", "‖Hg‖ / (‖H‖‖g‖)"),
        _c("newton_residual", "float64", "share of the gradient in the Hessian's kernel", "norm / norm"),
        _c("newton_step", "float64", "length of the Newton step", "parameter"),
        _c("smooth_fraction", "float64", "Newton step until a unit crosses its kink", "fraction"),
        _EIGENVALUES,
    ),
    # Shares of the variance of a run's weights and biases over its epochs. Walk 0 is the run's own path; the others are
    # random walks of as many steps, of the same lengths, in as many dimensions.
    "explained": (
        _RUN_ID,
        _key("walk", "int64", "random walk"),
        _key("component", "int64", "principal component"),
        _c("share", "float64", "explained share of the variance", "fraction"),
    ),
    # Loss around a run's end in the plane of its path's first two components, and of two filter-normalised random
    # directions. Train loss: on the spec's first `n_surface_images` training images, here and along the path.
    "surfaces": (
        _RUN_ID,
        _key("plane", "string", "plane"),
        _key("first", "float64", "distance along the first direction"),
        _key("second", "float64", "distance along the second direction"),
        _c("train_loss", "float64", "train loss"),
        _c("test_loss", "float64", "test loss"),
    ),
    # The path in the plane of its components, relative to its end; plane_loss: train loss at the projection.
    "surface_paths": (
        _RUN_ID,
        _key("epoch", "int64", "epoch"),
        _c("first", "float64", "distance along the first direction"),
        _c("second", "float64", "distance along the second direction"),
        _c("weight_norm", "float64", "2-norm of the weights"),
        _c("train_loss", "float64", "train loss"),
        _c("plane_loss", "float64", "train loss at the projection on the plane"),
    ),
    # Lines of runs whose ends differ in data order only: `between` end 1 (α = 0) and end 2 (α = 1), and from the
    # initialisation (α = 0) to either end (α = 1), `init-1` and `init-2`.
    "lines": (_RUN_ID, _key("line", "string", "line"), _key("alpha", "float64", "α"), *_MEASURES),
}

DECLARED: tuple[Table, ...] = tuple(Table(name=name, columns=columns) for name, columns in _OWN.items())
"""Tables and columns that the report adds to those that every store has."""
TABLES: dict[str, tuple[Column, ...]] = {
    **{name: table.columns for name, table in CORE.items()},
    **_OWN,
    "runs": (*CORE["runs"].columns, *_OWN["runs"]),
}
"""Every table of the report by name, with all its columns."""
AXIS: dict[str, str] = {column.name: column.axis for table in TABLES.values() for column in table}
"""Axis label of every column, by name."""
