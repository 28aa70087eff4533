"""Numbers of the report, computed from the stored rows."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from scipy.stats import spearmanr

from hw1.tests.recomputed.rows import Results, Run

_HIDDEN = {(5, 10, 10, 10, 10, 10, 5): "deep", (10, 17, 15, 4): "medium", (182,): "shallow"}
FITS, POINTS, _LABELS = 20, 100, 8
"""Seeds before these were looked at before the sentences were written, and do not speak for them: C1 and C9, E3, E9."""
Numbers = Sequence[float]
_RING = 0.5, 1.0
"""Distances from the end, in units of the path's radius."""


def _fits(r: Results, function: str, depth: str) -> dict[int, Run]:
    """Runs of `simulate`, which stop by change, by seed."""
    runs = r.of(kind="function_fit", function=function, optimizer="rmsprop", measures="predictions")
    return {run["seed"]: run for run in runs if _HIDDEN.get(tuple(run["hidden"])) == depth}


def median(values: Sequence[float] | np.ndarray) -> float:
    return float(np.median(np.asarray(values, float)))


def steps(r: Results, depth: str, since: int = 0) -> float:
    first = []
    for run in _fits(r, "sinc", depth).values():
        if run["seed"] < since:
            continue
        step, loss = (column.astype(float) for column in r.rows("curves", run, "step", "train_loss"))
        first.append(step[loss <= 0.01].min(initial=np.inf))
    return median(first)


def f2(r: Results, depth: str) -> dict[int, float]:
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


def after_adam(r: Results, since: int = 0) -> Iterator[tuple[float, np.ndarray]]:
    """Loss and eigenvalues over the largest, where Adam met its threshold; of seeds from one on."""
    for run in (run for run in r.of(kind="critical_point") if run["seed"] >= since):
        for phase, met, loss, values in zip(
            *r.rows("critical_points", run, "phase", "converged", "loss", "eigenvalues"), strict=True
        ):
            if phase == "adam" and met:
                yield loss, np.asarray(values, float) / np.abs(np.asarray(values, float)).max()


def curvature_ranks(r: Results, share: Callable[[np.ndarray], float], since: int = 0) -> list[float]:
    points = [(loss, share(values)) for loss, values in after_adam(r, since)]
    parts = (points, [point for point in points if not _is_dead(point[0])])
    return [_rank([s for _, s in part], [loss for loss, _ in part]) for part in parts]


def task(r: Results, model: str) -> list[Run]:
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


def settles(r: Results, measure: str) -> float:
    found = []
    for sizes, of in _sizes(r):
        values = np.array([run[measure] for run in of], float)
        far = np.abs(values - values[-1]) > 0.1 * np.ptp(values)
        found.append(sizes[np.flatnonzero(far)[-1] + 1] if far.any() else sizes[0])
    return median(found)


def gap(r: Results) -> Numbers:
    """Median gap in loss and size, of the smallest and of the largest network."""
    return [
        number
        for at in (0, -1)
        for number in (
            median([of[at]["test_loss"] - of[at]["train_loss"] for _, of in _sizes(r)]),
            _sizes(r)[0][0][at],
        )
    ]


def flat(r: Results) -> Numbers:
    """Of Adam's points that met the threshold, those that may be flat by the length of Hg, and how many there are."""
    ratios = []
    for run in r.of(kind="critical_point"):
        phase, met, ratio = r.rows("critical_points", run, "phase", "converged", "hessian_gradient_ratio")
        ratios += [float(each) for at, is_met, each in zip(phase, met, ratio, strict=True) if at == "adam" and is_met]
    return [sum(ratio < np.sqrt(1 - 0.9**2) for ratio in ratios), len(ratios)]


def falls(r: Results) -> float:
    found = []
    for run in r.of(kind="function_fit", measures="gradient_norm"):
        step, norm = (column.astype(float) for column in r.rows("curves", run, "step", "gradient_norm"))
        tenth = (step * 10 // (step.max() + 1)).astype(int)
        medians = [np.median(norm[(tenth == k) & np.isfinite(norm)]) for k in range(10)]
        found.append((np.diff(medians) < 0).sum())
    return median(found)


def fitted(r: Results, fraction: float) -> float:
    return median([run["n_steps"] for run in _whole(r, fraction)])


def _whole(r: Results, fraction: float) -> list[Run]:
    """Runs of a fraction of the fresh seeds with which every fraction was trained."""
    runs = [run for run in r.of(kind="corrupted") if run["seed"] >= _LABELS]
    fractions = {run["fraction"] for run in runs}
    have = {s: {run["fraction"] for run in runs if run["seed"] == s} for s in {run["seed"] for run in runs}}
    return [run for run in runs if run["fraction"] == fraction and have[run["seed"]] == fractions]


def paths(r: Results, differ: str) -> tuple[list[float], list[float], list[float], list[float]]:
    """Of pairs whose ends differ in this, in %: accuracy at the lowest between them, the worse end, α = 1 and 1.5."""
    low, worse, one, beyond = [], [], [], []
    for run in r.of(kind="interpolation"):
        if run[f"{differ}_1"] == run[f"{differ}_2"]:
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


JACOBIANS = {"jacobian_norm": 0, "logit_jacobian_norm": 3}
"""First seed that judges each; the earlier ones were looked at before the statement was written."""


def jacobian(r: Results, batch_size: int, of: str) -> float:
    runs = [run for run in r.of(kind="sensitivity", batch_size=batch_size) if run["seed"] >= JACOBIANS[of]]
    return median([r.rows("sensitivity", run, of)[0][0] for run in runs])


def sharpness(r: Results, batch_size: int) -> float:
    found = []
    for run in r.of(kind="sensitivity", batch_size=batch_size):
        box, factor, epsilon, value = r.rows("sharpness", run, "box", "factor", "epsilon", "sharpness")
        chosen = (box == "keskar") & (factor == 1) & (np.abs(epsilon.astype(float) - 1e-3) < 1e-9)
        found.append(value[chosen][0])
    return median(found)


def rescaled(r: Results) -> float:
    """Median over seeds of how far the largest rescaling moves sharpness, over its range over batch sizes."""
    before, after = defaultdict[int, list[float]](list), defaultdict[int, list[float]](list)
    for run in r.of(kind="sensitivity"):
        box, factor, epsilon, value = r.rows("sharpness", run, "box", "factor", "epsilon", "sharpness")
        chosen = (box == "keskar") & (np.abs(epsilon.astype(float) - 1e-3) < 1e-9)
        factors, values = factor[chosen].astype(float), np.log10(value[chosen].astype(float))
        before[run["seed"]].append(values[factors == 1][0])
        after[run["seed"]].append(values[factors == factors.max()][0])
    whole = max(map(len, before.values()))
    moved = [
        10 ** (np.abs(np.subtract(after[s], before[s])).mean() - np.ptp(before[s]))
        for s in before
        if len(before[s]) == whole
    ]
    return median(moved)


def shares(r: Results) -> list[float]:
    own, walks = [], []
    for run in r.of(kind="surface"):
        walk, component, share = (
            column.astype(float) for column in r.rows("explained", run, "walk", "component", "share")
        )
        for number in np.unique(walk):
            (walks if number else own).append(100 * share[(walk == number) & (component <= 2)].sum())
    return [median(own), median(walks)]


def steeper(r: Results) -> float:
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


def drawn(r: Results, name: str) -> Numbers:
    """Median loss on random labels after the first epoch, half way, and at the end."""
    values = []
    for run in r.of(kind="classifier", labels="random"):
        step, loss = r.rows("curves", run, "step", name)
        values.append(loss[np.argsort(step.astype(int))].astype(float))
    return [median([of[at] for of in values]) for at in (0, len(values[0]) // 2, -1)]


def ring(r: Results) -> float:
    """How many times the loss at the end the lowest one on the ring of the path's radius is, in the lower plane."""
    found = []
    for run in r.of(kind="surface"):
        radius = np.hypot(*(c.astype(float) for c in r.rows("surface_paths", run, "first", "second"))).max()
        first, second, loss = r.rows("surfaces", run, "first", "second", "train_loss")
        distance = (np.hypot(first.astype(float), second.astype(float)) / radius).round(9)
        found.append(np.log10(loss[(distance >= _RING[0]) & (distance <= _RING[1])].min() / loss[distance == 0].min()))
    return float(10 ** np.median(found))


def lines(r: Results) -> tuple[float, float]:
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
    return median(rises), median(heights)


def kinds(r: Results) -> Numbers:
    dead = [run for run in _met(r) if _is_dead(run["train_loss"])]
    living = [run for run in _met(r) if not _is_dead(run["train_loss"])]
    told = [median([run[name] for run in of]) for of in (dead, living) for name in ("minimal_ratio", "train_loss")]
    return [len(dead), len(_met(r)), *told]


def dead_first(r: Results) -> Numbers:
    return [sum(_is_dead(run["train_loss"]) for run in _spectra(r)), len(_spectra(r)), *_ratio_ranks(r)]


def better_deep(r: Results) -> Numbers:
    deep, medium = f2(r, "deep"), f2(r, "medium")
    both = deep.keys() & medium.keys()
    return [0.01, *(steps(r, d) for d in ("deep", "medium", "shallow")), *_first_of(deep, medium, both)]


def _first_of(deep: Mapping[int, float], medium: Mapping[int, float], seeds: set[int]) -> list[int]:
    return [sum(deep[s] < medium[s] for s in seeds), len(seeds)]


def accuracies(r: Results) -> Numbers:
    lenet, cnn = ([run["test_accuracy"] for run in task(r, model)] for model in ("lenet", "cnn"))
    n_better = sum(one > other for one, other in zip(lenet, cnn, strict=True))
    return [100 * median(lenet), 100 * median(cnn), n_better, len(lenet)]


def largest(r: Results) -> Numbers:
    n = sum(min(of, key=lambda run: run["test_loss"]) is of[-1] for _, of in _sizes(r))
    return [n, len(_sizes(r))]
