"""Specs of every kind of run of the report: their values, and how such runs are packed, named and estimated."""

from hw1.specs.classifiers import Classifier, Corrupted, Sensitivity, Surface
from hw1.specs.fits import CriticalPoint, Function, FunctionFit
from hw1.specs.images import Frame, ImageSpec, Scaling
from hw1.specs.pairs import Barrier, Interpolation
from hw1.specs.seeded import Empty, Model, Optimizer, Precision, Seeded

__all__ = [
    "KINDS",
    "Barrier",
    "Classifier",
    "Corrupted",
    "CriticalPoint",
    "Empty",
    "Frame",
    "Function",
    "FunctionFit",
    "ImageSpec",
    "Interpolation",
    "Model",
    "Optimizer",
    "Precision",
    "Scaling",
    "Seeded",
    "Sensitivity",
    "Surface",
]

KINDS: dict[str, type[Seeded]] = {
    c.kind: c
    for c in (FunctionFit, Classifier, Interpolation, Sensitivity, CriticalPoint, Surface, Barrier, Corrupted, Empty)
}
"""Every kind of the report's runs, by name."""
