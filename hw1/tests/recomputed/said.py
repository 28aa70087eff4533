"""The numbers of every finding and claim, in the order in which their sentences have them."""

from collections.abc import Callable, Mapping

from hw1.tests.recomputed import numbers
from hw1.tests.recomputed.numbers import Numbers
from hw1.tests.recomputed.rows import Results

FINDINGS: Mapping[str, Callable[[Results], Numbers]] = {
    "learned nothing": numbers.dead_first,
    "are rounding": lambda r: [
        100 * numbers.median([((v > 0).mean() - (v > 1e-12).mean()) for _, v in numbers.after_adam(r)]),
    ],
    "One hidden layer is slowest": numbers.better_deep,
    "the larger CNN": numbers.accuracies,
    "verfitting with size": numbers.largest,
}
"""By words of their first sentence: the numbers of a finding, in their order."""
CLAIMS: Mapping[str, Callable[[Results], Numbers]] = {
    "C1": lambda r: [0.01, numbers.steps(r, "deep", numbers.FITS), numbers.steps(r, "shallow", numbers.FITS)],
    "C2": lambda r: [
        numbers.median([*numbers.f2(r, "deep").values()]),
        numbers.median([*numbers.f2(r, "medium").values()]),
    ],
    "C3": lambda r: [
        numbers.median([run["train_loss"] for run in numbers.task(r, model)]) for model in ("lenet", "cnn")
    ],
    "C4": lambda r: [numbers.falls(r)],
    "C5": numbers.kinds,
    "C6 epochs to fit": lambda r: [2000, numbers.fitted(r, 1.0), numbers.fitted(r, 0.0)],
    "C6 train loss goes": lambda r: numbers.drawn(r, "train_loss"),
    "C6 test loss goes": lambda r: numbers.drawn(r, "test_loss"),
    "C7": lambda r: [*numbers.gap(r), numbers.settles(r, "test_loss"), numbers.settles(r, "test_accuracy")],
    "C8": lambda r: [numbers.median(values) for values in numbers.paths(r, "batch_size")[:2]],
    "C9": lambda r: [0.01, numbers.steps(r, "deep", numbers.FITS), numbers.steps(r, "medium", numbers.FITS)],
    "C10": lambda r: [
        n
        for a, values in zip((1, 1.5), numbers.paths(r, "batch_size")[2:], strict=True)
        for n in (numbers.median(values), a)
    ],
    "E1": lambda r: [n for of in numbers.JACOBIANS for b in (16, 4096) for n in (numbers.jacobian(r, b, of), b)],
    "E2": lambda r: [numbers.sharpness(r, 16), 16, numbers.sharpness(r, 4096), 4096, numbers.rescaled(r)],
    "E3": lambda r: numbers.curvature_ranks(r, lambda v: float((v > 1e-9).mean()), numbers.POINTS),
    "E4": lambda r: [*numbers.flat(r), *numbers.curvature_ranks(r, lambda v: float((v < -1e-9).mean()))],
    "E5": numbers.shares,
    "E6": lambda r: [numbers.ring(r), numbers.steeper(r)],
    "E7": lambda r: [numbers.lines(r)[0]],
    "E8": lambda r: [numbers.lines(r)[1]],
    "E9": lambda r: [n for f in (0, 0.25, 0.5, 0.75, 1) for n in (numbers.fitted(r, f), 100 * f)],
}
"""The numbers of what each claim found, in their order; by words of it where the verdict may hang on one or another."""
