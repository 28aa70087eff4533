"""A sweep: which studies, preset, seeds and data set, and every run that follows from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hw1.architecture import n_params
from hw1.specs import (
    Barrier,
    Classifier,
    Corrupted,
    CriticalPoint,
    Empty,
    FunctionFit,
    Interpolation,
    Sensitivity,
    Spec,
    Surface,
)
from jobs.studies import STUDIES
from jobs.study import PRESETS, Preset, Study, smoke

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = get_args(Device)


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


def studies_of(preset: Preset) -> tuple[str, ...]:
    """The studies that a preset has where none is named."""
    listed = {name: study for name, study in STUDIES.items() if not study.unlisted}
    return tuple(name for name, study in listed.items() if preset == "extended" or not study.extended)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """What the options of every command select."""

    studies: tuple[str, ...] = studies_of("report")
    preset: Preset = "report"
    n_seeds: int = 1
    smoke: bool = False
    dataset: str = "mnist"

    def runs(self) -> list[Run]:
        """Every run, each identity once, in the order of the studies."""
        runs: dict[str, Run] = {}
        for name in self.studies:
            study = STUDIES[name]
            for spec in study.specs(self.preset, self.n_seeds, self.dataset):
                made = smoke(spec) if self.smoke else spec
                runs.setdefault(made.run_id, Run(study, made, self.smoke))
        return list(runs.values())


def sweep(*, studies: list[str], preset: str, n_seeds: int, smoke: bool, dataset: str) -> Sweep:
    """A sweep from what a user typed.

    Raises:
        SweepError: Naming everything that is wrong, and what would be right.
    """
    wrong = [
        f"unknown study {name!r}: it must be one of {', '.join(STUDIES)}" for name in studies if name not in STUDIES
    ]
    chosen = next((known for known in PRESETS if known == preset), None)
    if chosen is None:
        wrong.append(f"unknown preset {preset!r}: it must be one of {', '.join(PRESETS)}")
    if n_seeds < 1:
        wrong.append(f"`--seeds` must be at least 1, got {n_seeds}")
    if wrong or chosen is None:
        raise SweepError("; ".join(wrong))
    names = tuple(name for name in STUDIES if name in (studies or studies_of(chosen)))
    return Sweep(studies=names, preset=chosen, n_seeds=n_seeds, smoke=smoke, dataset=dataset)


def label(spec: Spec) -> str:
    """A spec's distinguishing values in a few words."""
    return f"{_LABELS.get(type(spec), lambda _: spec.kind)(spec)} seed {spec.seed}"


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
