"""Speeds and fixed costs by which the kinds of run are estimated before anything runs."""

# Measured on an AMD EPYC (Zen 4, 92 GFLOP/s a core in a large fp32 matrix product), both cores busy, torch 2.15.
GFLOPS = {"cnn": 78.0, "lenet": 49.0, "mlp": 25.0}
"""Arithmetic speed reached by each model, training and measuring together; LeNet's without a C compiler is half."""
BFLOAT16 = {"cnn": 1.8, "lenet": 1.0}
"""Speed in bfloat16 as a multiple of that in float32."""
STEP_S = 1.5e-4
"""A step's fixed cost: what calling some forty kernels takes, whatever the size of the stack."""
SMALL_BATCH_S, SMALL_BATCH = 2.7e-3, 64
"""Extra cost of a convolutional network's step where batches are smaller than this, for each step more."""
POINT_LAYER_S = 5e-5
"""A function fit's own share of a step."""
HESSIAN_S = 0.07
JACOBIAN_PASSES = 41
"""A Jacobian by the input takes a backward pass a class, each as long as four forward passes."""
NEWTON_S = 0.07
"""A Newton step: the Hessian with its eigenvectors, and a dozen gradients."""
NEWTON_STEPS = 26
"""Mean number of Newton steps of a search that may take more."""
EARLY = 0.35
"""Mean share of its iterations that a run with a stopping rule on the gradient uses."""

FITTED = 0.4
"""Likewise of its epochs, for a run that ends once it fits its labels."""

EMPTY_S = 3e-5
"""A run that does nothing: its row in the store."""

TORCH_GB = 0.7
"""Memory of a worker that has imported torch, in GiB."""
PYTHON_GB = 0.2
"""The same of one that has not."""


def flops_per_s(model: str, precision: str) -> float:
    """Floating-point operations a second that a model reaches on one core."""
    return 1e9 * GFLOPS[model] * (BFLOAT16[model] if precision == "bfloat16" else 1.0)
