"""What a study is, and the values that several studies share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hw1.specs import Classifier, CriticalPoint, Empty, FunctionFit, ImageSpec, Sensitivity, Spec, Surface

Preset = Literal["report", "notebook", "extended"]
"""`extended`: the report, and the studies of what it left out."""
PRESETS: tuple[Preset, ...] = get_args(Preset)


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A name, the report's section, and the specs for a preset and a number of seeds."""

    name: str
    section: str
    title: str
    specs: Callable[[Preset, int, str], list[Spec]]
    """Of the preset, the number of seeds, the data set."""
    extended: bool = False
    """Whether the report left it out: preset `extended` has it, and so has whoever names it."""
    unlisted: bool = False
    """Whether no preset has it, only whoever names it."""
    threads: int = 1
    """Threads a run of this study trains with: part of what equal bits are claimed for."""


SMOKE_ITERATIONS = 300
SMOKE_NEWTON_STEPS = 1
SMOKE_EPOCHS = 2
SMOKE_IMAGES = (2000, 1000)
SMOKE_PROBE = {"n_jacobian": 100, "n_sharpness": 100, "ascent_steps": 3}
SMOKE_SURFACE = {"n_walks": 2, "n_grid": 5, "n_surface_images": 500}


def smoke(spec: Spec) -> Spec:
    """The spec with fewer iterations, images and epochs: a minute's worth of everything, under an id of its own.

    Of a run that does nothing there is no smaller one.
    """
    if isinstance(spec, CriticalPoint):
        iterations = min(spec.max_iterations, SMOKE_ITERATIONS)
        return spec.replace(max_iterations=iterations, max_newton_steps=SMOKE_NEWTON_STEPS)
    if isinstance(spec, FunctionFit):
        return spec.replace(max_iterations=min(spec.max_iterations, SMOKE_ITERATIONS))
    if isinstance(spec, ImageSpec):
        n_train, n_test = SMOKE_IMAGES
        probe = SMOKE_PROBE if isinstance(spec, Sensitivity) else {}
        grid = SMOKE_SURFACE if isinstance(spec, Surface) else {}
        return spec.replace(n_train=n_train, n_test=n_test, epochs=min(spec.epochs, SMOKE_EPOCHS), **probe, **grid)
    if isinstance(spec, Empty):
        return spec
    raise TypeError(f"no smoke version of {type(spec).__name__}")


DEEP, MEDIUM, SHALLOW = (5, 10, 10, 10, 10, 10, 5), (10, 17, 15, 4), (182,)
"""Hidden widths of the three models that 1-1-1 compares: 571, 546 and (without output bias) 546 parameters."""


def function_fit(**values: Any) -> FunctionFit:  # noqa: ANN401 - checked when the spec is made
    """A function fit with what all of the study's have in common."""
    common: dict[str, Any] = {
        "output_bias": True,
        "negative_slope": 0.01,
        "learning_rate": 1e-3,
        "loss_below": None,
        "change_below": None,
        "gradient_norm_below": None,
    }
    return FunctionFit(**{**common, **values})


def classifier(**values: Any) -> Classifier:  # noqa: ANN401 - checked when the spec is made
    """A classifier on all of a data set, with what most have in common."""
    common: dict[str, Any] = {
        "n_train": 60_000,
        "n_test": 10_000,
        "hidden": (),
        "labels": "true",
        "momentum": 0.0,
        "weight_decay": 0.0,
        "snapshots": False,
    }
    return Classifier(**{**common, **values})
