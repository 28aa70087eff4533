"""A sweep: which studies, preset, seeds and data set, and every run that follows from them."""

import difflib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from hw1.architecture import n_params
from hw1.files import DATASETS
from hw1.specs import (
    Barrier,
    Classifier,
    Corrupted,
    CriticalPoint,
    Empty,
    FunctionFit,
    ImageSpec,
    Interpolation,
    Precision,
    Sensitivity,
    Spec,
    Surface,
)
from jobs.studies import STUDIES
from jobs.study import PRESETS, Preset, Study, smoke

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = get_args(Device)
PRECISIONS: dict[str, Precision] = {"fp32": "float32", "bf16": "bfloat16"}
"""What `--precision` takes, and what specs call it."""
MOST = 1_000_000
"""Runs of a sweep, and tasks that they are dealt to: half a minute and half a GB to enumerate. More are a slip."""


class SweepError(ValueError):
    """A sweep was asked for that does not exist; the message names what does."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run and the study it belongs to."""

    study: Study
    spec: Spec
    smoke: bool

    @property
    def run_id(self) -> str:
        """The spec's identity."""
        return self.spec.run_id

    @property
    def label(self) -> str:
        """What sets the run apart within its study, for people."""
        return label(self.spec)

    def record(self) -> dict[str, Any]:
        """The run as one flat record: study, section, label, counts, and every field of its spec."""
        head = {"run_id": self.run_id, "study": self.study.name, "section": self.study.section, "label": self.label}
        return {
            **head,
            "kind": self.spec.kind,
            "smoke": self.smoke,
            "n_params": n_params(self.spec),
            **self.spec.values(),
        }


def studies_of(preset: Preset, precision: Precision = "float32") -> tuple[str, ...]:
    """The studies that a preset has where none is named: those that can be trained in the precision."""
    listed = {name: study for name, study in STUDIES.items() if not study.unlisted}
    names = (name for name, study in listed.items() if preset == "extended" or not study.extended)
    return tuple(name for name in names if can_be_in(precision, STUDIES[name]))


def can_be_in(precision: Precision, study: Study) -> bool:
    """Whether all of the study's runs can be trained in the precision."""
    return precision == "float32" or all(precision in spec.precisions for spec in study.specs("report", 1, "mnist"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """What the options of every command select."""

    studies: tuple[str, ...] = studies_of("report")
    preset: Preset = "report"
    n_seeds: int = 1
    smoke: bool = False
    dataset: str = "mnist"
    precision: Precision = "float32"
    """Of every run: the numbers of one sweep are of one precision."""

    def runs(self) -> list[Run]:
        """Every run, each identity once, in the order of the studies."""
        runs: dict[str, Run] = {}
        for name in self.studies:
            study = STUDIES[name]
            for spec in study.specs(self.preset, self.n_seeds, self.dataset):
                made = smoke(spec) if self.smoke else spec
                if self.precision != "float32":
                    made = made.replace(precision=self.precision)
                runs.setdefault(made.run_id, Run(study, made, self.smoke))
        return list(runs.values())


def sweep(  # noqa: PLR0913 - all by name
    *, studies: list[str], preset: str, n_seeds: int, smoke: bool, dataset: str, precision: str = "fp32"
) -> Sweep:
    """A sweep from what a user typed.

    Raises:
        SweepError: Naming everything that is wrong, and what would be right.
    """
    asked = {"study": (studies, STUDIES), "preset": ([preset], PRESETS), "dataset": ([dataset], DATASETS)}
    asked["precision"] = ([precision], PRECISIONS)
    wrong = [text for what, (names, known) in asked.items() for text in unknown(what, names, known)]
    wrong += [f"`--seeds` must be at least 1, got {n_seeds}"] * (n_seeds < 1)
    chosen = next((known for known in PRESETS if known == preset), None)
    kept_in = PRECISIONS.get(precision)
    if kept_in is not None:
        able = [name for name, study in STUDIES.items() if can_be_in(kept_in, study)]
        unable = [name for name in studies if name in STUDIES and name not in able]
        wrong += [f"{', '.join(unable)} cannot be trained in {precision}: only {', '.join(able)} can"] * bool(unable)
    if wrong or chosen is None or kept_in is None:
        raise SweepError("; ".join(wrong))
    names = tuple(name for name in STUDIES if name in (studies or studies_of(chosen, kept_in)))
    made = Sweep(studies=names, preset=chosen, n_seeds=1, smoke=smoke, dataset=dataset, precision=kept_in)
    most = MOST // len(made.runs()) if n_seeds > 1 else 1
    if n_seeds > most:
        raise SweepError(f"`--seeds` must be at most {most:,}, which makes {MOST:,} runs, got {n_seeds}")
    return replace(made, n_seeds=n_seeds)


def unknown(what: str, names: Iterable[str], known: Collection[str]) -> list[str]:
    """A message for each unknown name: the known ones, and the closest.

    >>> unknown("dataset", ["MNIST"], ["mnist", "kmnist"])
    ["unknown dataset 'MNIST': it must be one of mnist, kmnist; did you mean mnist?"]
    """
    said = f"it must be one of {', '.join(known)}"
    close = {name: difflib.get_close_matches(name.lower(), known, n=1) for name in names if name not in known}
    hints = {name: "".join(f"; did you mean {each}?" for each in near) for name, near in close.items()}
    return [f"unknown {what} {name!r}: {said}{hint}" for name, hint in hints.items()]


def label(spec: Spec) -> str:
    """A spec's distinguishing values in a few words."""
    low = " bfloat16" * (isinstance(spec, ImageSpec) and spec.precision == "bfloat16")
    return f"{_LABELS.get(type(spec), lambda _: spec.kind)(spec)}{low} seed {spec.seed}"


def _fit(spec: FunctionFit) -> str:
    return f"{spec.function} {'-'.join(map(str, (1, *spec.hidden, 1)))} {spec.optimizer}"


def _classifier(spec: Classifier) -> str:
    model = "-".join(map(str, (784, *spec.hidden, 10))) if spec.model == "mlp" else spec.model
    return f"{model}{' random labels' * (spec.labels == 'random')} batch {spec.batch_size}"


def _pair(spec: Interpolation) -> str:
    ends = ((spec.batch_size_1, spec.learning_rate_1), (spec.batch_size_2, spec.learning_rate_2))
    return " → ".join(f"batch {size} lr {rate:g}" for size, rate in ends)


_LABELS: dict[type[Spec], Callable[[Any], str]] = {
    FunctionFit: _fit,
    CriticalPoint: lambda spec: f"{_fit(spec)} newton",
    Classifier: _classifier,
    Sensitivity: _classifier,
    Surface: _classifier,
    Corrupted: lambda spec: f"{spec.fraction:.0%} of labels corrupted",
    Empty: lambda _: "nothing",
    Interpolation: _pair,
    Barrier: lambda spec: f"order after {spec.shared_epochs} shared epoch{'s' * (spec.shared_epochs != 1)}",
}
