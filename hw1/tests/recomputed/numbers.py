"""The numbers of every finding and claim, in the order in which their sentences have them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from scipy.stats import spearmanr

from hw1.tests.recomputed.rows import Results, Run

_HIDDEN = {(5, 10, 10, 10, 10, 10, 5): "deep", (10, 17, 15, 4): "medium", (182,): "shallow"}
_FITS, _POINTS, _LABELS = 20, 100, 8
"""Seeds before these were looked at before the sentences were written, and do not speak for them: C1 and C9, E3, E9."""
Numbers = Sequence[float]
_RING = 0.5, 1.0
"""Distances from the end, in units of the path's radius."""


def _fits(r: Results, function: str, depth: str) -> dict[int, Run]:
    """Runs of `simulate`, which stop by change, by seed."""
    runs = r.of(kind="function_fit", function=function, optimizer="rmsprop", measures="predictions")
    return {run["seed"]: run for run in runs if _HIDDEN.get(tuple(run["hidden"])) == depth}


def _median(values: Sequence[float] | np.ndarray) -> float:
    return float(np.median(np.asarray(values, float)))


def _steps(r: Results, depth: str, since: int = 0) -> float:
    first = []
    for run in _fits(r, "sinc", depth).values():
        if run["seed"] < since:
            continue
        step, loss = (column.astype(float) for column in r.rows("curves", run, "step", "train_loss"))
        first.append(step[loss <= 0.01].min(initial=np.inf))
    return _median(first)


def _f2(r: Results, depth: str) -> dict[int, float]:
    return {seed: run["train_loss"] for seed, run in _fits(r, "sign_sinc", depth).items()}


def _spectra(r: Results) -> list[Run]:
    return r.of(kind="function_fit", measures="spectrum")


def _is_dead(loss: float) -> bool:
    x = np.arange(-150, 150) / 100
    return bool(loss > np.var(np.sinc(5 * x)) / 2)


def _met(r: Results) -> list[Run]:
    return [run for run in _spectra(r) if run["converged"]]


def _rank(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> float:
    return float(spearmanr(x, y).statistic)


def _ratio_ranks(r: Results) -> list[float]:
    both = ([run for run in _met(r) if dead or not _is_dead(run["train_loss"])] for dead in (True, False))
    return [_rank([run["minimal_ratio"] for run in of], [run["train_loss"] for run in of]) for of in both]


def _after_adam(r: Results, since: int = 0) -> Iterator[tuple[float, np.ndarray]]:
    """Loss and eigenvalues over the largest, where Adam met its threshold; of seeds from one on."""
    for run in (run for run in r.of(kind="critical_point") if run["seed"] >= since):
        for phase, met, loss, values in zip(
            *r.rows("critical_points", run, "phase", "converged", "loss", "eigenvalues"), strict=True
        ):
            if phase == "adam" and met:
                yield loss, np.asarray(values, float) / np.abs(np.asarray(values, float)).max()


def _curvature_ranks(r: Results, share: Callable[[np.ndarray], float], since: int = 0) -> list[float]:
    points = [(loss, share(values)) for loss, values in _after_adam(r, since)]
    parts = (points, [point for point in points if not _is_dead(point[0])])
    return [_rank([s for _, s in part], [loss for loss, _ in part]) for part in parts]


def _task(r: Results, model: str) -> list[Run]:
    return r.of(kind="classifier", model=model, labels="true", frame="padded", snapshots=False)


def _sizes(r: Results) -> list[tuple[np.ndarray, list[Run]]]:
    """A seed's runs of `parameters`, by size."""
    by_seed: dict[int, list[Run]] = {}
    for run in (run for run in r.of(kind="classifier", model="mlp", snapshots=False) if len(run["hidden"]) == 1):
        by_seed.setdefault(run["seed"], []).append(run)
    return [
        (np.array([run["n_params"] for run in of]), of)
        for of in (sorted(of, key=lambda run: run["n_params"]) for of in by_seed.values())
        if len(of) == 10
    ]


def _settles(r: Results, measure: str) -> float:
    found = []
    for sizes, of in _sizes(r):
        values = np.array([run[measure] for run in of], float)
        far = np.abs(values - values[-1]) > 0.1 * np.ptp(values)
        found.append(sizes[np.flatnonzero(far)[-1] + 1] if far.any() else sizes[0])
    return _median(found)


def _gap(r: Results) -> Numbers:
    """Median gap in loss and size, of the smallest and of the largest network."""
    return [
        number
        for at in (0, -1)
        for number in (
            _median([of[at]["test_loss"] - of[at]["train_loss"] for _, of in _sizes(r)]),
            _sizes(r)[0][0][at],
        )
    ]


def _flat(r: Results) -> Numbers:
    """Of Adam's points that met the threshold, those that may be flat by the length of Hg, and how many there are."""
    ratios = []
    for run in r.of(kind="critical_point"):
        phase, met, ratio = r.rows("critical_points", run, "phase", "converged", "hessian_gradient_ratio")
        ratios += [float(each) for at, is_met, each in zip(phase, met, ratio, strict=True) if at == "adam" and is_met]
    return [sum(ratio < np.sqrt(1 - 0.9**2) for ratio in ratios), len(ratios)]


def _falls(r: Results) -> float:
    found = []
    for run in r.of(kind="function_fit", measures="gradient_norm"):
        step, norm = (column.astype(float) for column in r.rows("curves", run, "step", "gradient_norm"))
        tenth = (step * 10 // (step.max() + 1)).astype(int)
        medians = [np.median(norm[(tenth == k) & np.isfinite(norm)]) for k in range(10)]
        found.append((np.diff(medians) < 0).sum())
    return _median(found)


def _fitted(r: Results, fraction: float) -> float:
    return _median([run["n_steps"] for run in _whole(r, fraction)])


def _whole(r: Results, fraction: float) -> list[Run]:
    """Runs of a fraction of the fresh seeds with which every fraction was trained."""
    runs = [run for run in r.of(kind="corrupted") if run["seed"] >= _LABELS]
    fractions = {run["fraction"] for run in runs}
    have = {s: {run["fraction"] for run in runs if run["seed"] == s} for s in {run["seed"] for run in runs}}
    return [run for run in runs if run["fraction"] == fraction and have[run["seed"]] == fractions]


def _paths(r: Results) -> tuple[list[float], list[float], list[float], list[float]]:
    """Of pairs of batch sizes, in %: lowest accuracy between the ends, at the worse end, at α = 1 and at 1.5."""
    low, worse, one, beyond = [], [], [], []
    for run in r.of(kind="interpolation"):
        if run["batch_size_1"] == run["batch_size_2"]:
            continue
        alpha, train, test = (
            column.astype(float) for column in r.rows("paths", run, "alpha", "train_accuracy", "test_accuracy")
        )
        order = np.argsort(alpha)
        alpha, both = alpha[order], [train[order], test[order]]
        inside = (alpha >= 0) & (alpha <= 1)
        low.append(100 * min(values[inside].min() for values in both))
        worse.append(100 * min(float(np.interp(end, alpha, values)) for values in both for end in (0, 1)))
        one.append(100 * float(np.interp(1, alpha, both[1])))
        beyond.append(100 * float(np.interp(1.5, alpha, both[1])))
    return low, worse, one, beyond


def _jacobian(r: Results, batch_size: int) -> float:
    runs = r.of(kind="sensitivity", batch_size=batch_size)
    return _median([r.rows("sensitivity", run, "jacobian_norm")[0][0] for run in runs])


def _sharpness(r: Results, batch_size: int) -> float:
    found = []
    for run in r.of(kind="sensitivity", batch_size=batch_size):
        box, factor, epsilon, value = r.rows("sharpness", run, "box", "factor", "epsilon", "sharpness")
        chosen = (box == "keskar") & (factor == 1) & (np.abs(epsilon.astype(float) - 1e-3) < 1e-9)
        found.append(value[chosen][0])
    return _median(found)


def _shares(r: Results) -> list[float]:
    own, walks = [], []
    for run in r.of(kind="surface"):
        walk, component, share = (
            column.astype(float) for column in r.rows("explained", run, "walk", "component", "share")
        )
        for number in np.unique(walk):
            (walks if number else own).append(100 * share[(walk == number) & (component <= 2)].sum())
    return [_median(own), _median(walks)]


def _steeper(r: Results) -> float:
    found = []
    for run in r.of(kind="surface"):
        radius = np.hypot(*(c.astype(float) for c in r.rows("surface_paths", run, "first", "second"))).max()
        plane, first, second, loss = r.rows("surfaces", run, "plane", "first", "second", "train_loss")
        distance = (np.hypot(first.astype(float), second.astype(float)) / radius).round(9)
        rise = {
            name: loss[(plane == name) & (distance > 0) & (distance <= _RING[1])].mean()
            - loss[(plane == name) & (distance == 0)].min()
            for name in ("components", "random")
        }
        found.append(np.log10(rise["components"] / rise["random"]))
    return float(10 ** np.median(found))


def _drawn(r: Results, name: str) -> Numbers:
    """Median loss on random labels after the first epoch, half way, and at the end."""
    values = []
    for run in r.of(kind="classifier", labels="random"):
        step, loss = r.rows("curves", run, "step", name)
        values.append(loss[np.argsort(step.astype(int))].astype(float))
    return [_median([of[at] for of in values]) for at in (0, len(values[0]) // 2, -1)]


def _ring(r: Results) -> float:
    """How many times the loss at the end the lowest one on the ring of the path's radius is, in the lower plane."""
    found = []
    for run in r.of(kind="surface"):
        radius = np.hypot(*(c.astype(float) for c in r.rows("surface_paths", run, "first", "second"))).max()
        first, second, loss = r.rows("surfaces", run, "first", "second", "train_loss")
        distance = (np.hypot(first.astype(float), second.astype(float)) / radius).round(9)
        found.append(np.log10(loss[(distance >= _RING[0]) & (distance <= _RING[1])].min() / loss[distance == 0].min()))
    return float(10 ** np.median(found))


def _lines(r: Results) -> tuple[float, float]:
    """Of pairs that share no epoch: the most that the loss rises from the initialisation, and the error's barrier."""
    rises, heights = [], []
    for run in r.of(kind="barrier", shared_epochs=0):
        line, alpha, loss, accuracy = r.rows("lines", run, "line", "alpha", "train_loss", "train_accuracy")
        rise = 0.0
        for name in ("init-1", "init-2"):
            of = (line == name) & (alpha >= 0) & (alpha <= 1)
            values = loss[of][np.argsort(alpha[of])].astype(float)
            rise = max(rise, float((values - np.minimum.accumulate(values)).max()))
        rises.append(rise)
        of = (line == "between") & (alpha >= 0) & (alpha <= 1)
        at, error = alpha[of].astype(float), 1 - accuracy[of].astype(float)
        ends = error[at == 0][0], error[at == 1][0]
        heights.append(100 * max(0.0, float((error - ((1 - at) * ends[0] + at * ends[1])).max())))
    return _median(rises), _median(heights)


def _kinds(r: Results) -> Numbers:
    dead = [run for run in _met(r) if _is_dead(run["train_loss"])]
    living = [run for run in _met(r) if not _is_dead(run["train_loss"])]
    told = [_median([run[name] for run in of]) for of in (dead, living) for name in ("minimal_ratio", "train_loss")]
    return [len(dead), len(_met(r)), *told]


def _dead_first(r: Results) -> Numbers:
    return [sum(_is_dead(run["train_loss"]) for run in _spectra(r)), len(_spectra(r)), *_ratio_ranks(r)]


def _better_deep(r: Results) -> Numbers:
    deep, medium = _f2(r, "deep"), _f2(r, "medium")
    both = deep.keys() & medium.keys()
    return [0.01, *(_steps(r, d) for d in ("deep", "medium", "shallow")), *_first_of(deep, medium, both)]


def _first_of(deep: Mapping[int, float], medium: Mapping[int, float], seeds: set[int]) -> list[int]:
    return [sum(deep[s] < medium[s] for s in seeds), len(seeds)]


def _accuracies(r: Results) -> Numbers:
    lenet, cnn = ([run["test_accuracy"] for run in _task(r, model)] for model in ("lenet", "cnn"))
    n_better = sum(one > other for one, other in zip(lenet, cnn, strict=True))
    return [100 * _median(lenet), 100 * _median(cnn), n_better, len(lenet)]


def _largest(r: Results) -> Numbers:
    n = sum(min(of, key=lambda run: run["test_loss"]) is of[-1] for _, of in _sizes(r))
    return [n, len(_sizes(r))]


FINDINGS: Mapping[str, Callable[[Results], Numbers]] = {
    "learned nothing": _dead_first,
    "are rounding": lambda r: [
        100 * _median([((v > 0).mean() - (v > 1e-12).mean()) for _, v in _after_adam(r)]),
    ],
    "One hidden layer is slowest": _better_deep,
    "the larger CNN": _accuracies,
    "verfitting with size": _largest,
}
"""By words of their first sentence: the numbers of a finding, in their order."""
CLAIMS: Mapping[str, Callable[[Results], Numbers]] = {
    "C1": lambda r: [0.01, _steps(r, "deep", _FITS), _steps(r, "shallow", _FITS)],
    "C2": lambda r: [_median([*_f2(r, "deep").values()]), _median([*_f2(r, "medium").values()])],
    "C3": lambda r: [_median([run["train_loss"] for run in _task(r, model)]) for model in ("lenet", "cnn")],
    "C4": lambda r: [_falls(r)],
    "C5": _kinds,
    "C6 epochs to fit": lambda r: [2000, _fitted(r, 1.0), _fitted(r, 0.0)],
    "C6 train loss goes": lambda r: _drawn(r, "train_loss"),
    "C6 test loss goes": lambda r: _drawn(r, "test_loss"),
    "C7": lambda r: [*_gap(r), _settles(r, "test_loss"), _settles(r, "test_accuracy")],
    "C8": lambda r: [_median(values) for values in _paths(r)[:2]],
    "C9": lambda r: [0.01, _steps(r, "deep", _FITS), _steps(r, "medium", _FITS)],
    "C10": lambda r: [_median(_paths(r)[2]), 1, _median(_paths(r)[3]), 1.5],
    "E1": lambda r: [_jacobian(r, 16), 16, _jacobian(r, 4096), 4096],
    "E2": lambda r: [_sharpness(r, 16), 16, _sharpness(r, 4096), 4096],
    "E3": lambda r: _curvature_ranks(r, lambda v: float((v > 1e-9).mean()), _POINTS),
    "E4": lambda r: [*_flat(r), *_curvature_ranks(r, lambda v: float((v < -1e-9).mean()))],
    "E5": _shares,
    "E6": lambda r: [_ring(r), _steeper(r)],
    "E7": lambda r: [_lines(r)[0]],
    "E8": lambda r: [_lines(r)[1]],
    "E9": lambda r: [n for f in (0, 0.25, 0.5, 0.75, 1) for n in (_fitted(r, f), 100 * f)],
}
"""The numbers of what each claim found, in their order; by words of it where the verdict may hang on one or another."""
