"""What a run costs, estimated from its arithmetic before anything runs."""

from hw1.architecture import n_multiplications, n_params
from hw1.specs import (
    Barrier,
    Classifier,
    Corrupted,
    CriticalPoint,
    Empty,
    FunctionFit,
    ImageSpec,
    Interpolation,
    Seeded,
    Sensitivity,
    Surface,
)

# Measured on an AMD EPYC (Zen 4, 92 GFLOP/s a core in a large fp32 matrix product), both cores busy, torch 2.15.
GFLOPS = {"cnn": 78.0, "lenet": 24.0, "mlp": 25.0}
"""Arithmetic speed reached by each model, training and measuring together."""
BFLOAT16 = {"cnn": 1.8, "lenet": 1.0}
"""How many times as fast they are in bfloat16."""
STEP_S = 1.5e-4
"""A step's fixed cost: what calling some forty kernels takes, whatever the size of the stack."""
SMALL_BATCH_S, SMALL_BATCH = 2.7e-3, 64
"""What a convolutional network's step costs on top where batches are smaller than this, for each step more."""
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


def flops(spec: ImageSpec) -> float:
    """Floating-point operations of a run on images.

    Per image a forward pass costs 2 operations a multiplication, a backward pass twice that; every epoch learns from
    all training images and measures on all training and test images. The ends of barriers are measured once, on lines.
    """
    forward = 2 * n_multiplications(spec)
    if isinstance(spec, Barrier):
        n_learned = 3 * spec.n_train * (2 * spec.epochs - spec.shared_epochs)
        n_points = spec.n_alphas * (3 if spec.from_initialisation else 1)
        return float(forward * (n_learned + n_points * (spec.n_train + spec.n_test)))
    n_images = 3 * spec.n_train + spec.n_train + spec.n_test
    once = float(forward * n_images * spec.epochs)
    if isinstance(spec, Corrupted):
        return FITTED * once
    if isinstance(spec, Interpolation):
        return 2 * once + float(spec.n_alphas * forward * (spec.n_train + spec.n_test))
    if isinstance(spec, Sensitivity):
        return once + forward * float(JACOBIAN_PASSES * spec.n_jacobian + 3 * n_maximised(spec))
    if isinstance(spec, Surface):
        return once + float(spec.n_points * forward * (spec.n_surface_images + spec.n_test))
    return once


def n_maximised(spec: Sensitivity) -> int:
    """Images whose loss and gradient are taken in all of a run's ascents."""
    n_ascents = len(spec.epsilons) + len(spec.adaptive_epsilons) + 2 * len(spec.rescale_factors)
    return n_ascents * (spec.ascent_steps + 1) * spec.n_sharpness


def pack_seconds(specs: list[Seeded]) -> float:
    """Seconds that a pack takes on one core."""
    first = specs[0]
    if isinstance(first, Empty):
        return EMPTY_S * len(specs)
    if isinstance(first, FunctionFit):
        n_iterations = first.max_iterations * (EARLY if first.gradient_norm_below is not None else 1.0)
        hessians = HESSIAN_S * len(specs) if first.measures == "spectrum" else 0.0
        if isinstance(first, CriticalPoint):
            hessians = NEWTON_S * (1 + min(first.max_newton_steps, NEWTON_STEPS)) * len(specs)
        return n_iterations * (STEP_S + POINT_LAYER_S * len(specs)) + hessians
    images = [spec for spec in specs if isinstance(spec, ImageSpec)]
    steps = sum(_steps_s(s) for s in images if isinstance(s, Classifier))
    return sum(flops(spec) / _flops_per_s(spec) for spec in images) + steps


def _flops_per_s(spec: ImageSpec) -> float:
    return 1e9 * GFLOPS[spec.model] * (BFLOAT16[spec.model] if spec.precision == "bfloat16" else 1.0)


def _steps_s(spec: Classifier) -> float:
    """What calling kernels takes in a run's steps."""
    n_learned = spec.epochs * spec.n_train
    extra = 0.0 if spec.model == "mlp" else max(0.0, 1 / spec.batch_size - 1 / SMALL_BATCH)
    return n_learned * (STEP_S / spec.batch_size + SMALL_BATCH_S * extra)


def memory_gb(specs: list[Seeded]) -> float:
    """Peak memory of a worker that trains the pack, in GiB: torch itself, the images as float32, and the weights."""
    first = specs[0]
    if not isinstance(first, ImageSpec):
        return 0.7
    n_pixels = (first.n_train + first.n_test) * (784 if first.frame == "original" else 1024)
    return 0.7 + (4 * 2.5 * n_pixels + 4 * 20 * n_params(first) * len(specs)) / 2**30
