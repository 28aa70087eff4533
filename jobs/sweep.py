"""Sweeps: the studies of a project, a preset, seeds and changes, and every run that follows from them."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import product, repeat
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, get_args

from jobs.project import Project
from jobs.spec import Spec
from jobs.study import Study

if TYPE_CHECKING:
    import pyarrow as pa

    from jobs.study import Told

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = get_args(Device)
MOST = 1_000_000
"""Runs of a sweep, and tasks that they are dealt to: half a minute and half a GB to enumerate. More are a slip."""


class SweepError(ValueError):
    """A sweep was asked for that does not exist; the message names what does."""


class Run(NamedTuple):
    """One run and the study it belongs to: of a million, a tuple is made and read in half a dataclass's time.

    Make one of another spec with `of`: `_replace` would leave the id as it was.
    """

    study: Study
    spec: Spec
    smoke: bool
    run_id: str
    """The spec's identity."""

    @classmethod
    def of(cls, study: Study, spec: Spec, *, smoke: bool) -> Self:
        """A study's run."""
        return cls(study, spec, smoke, spec.run_id)

    @property
    def label(self) -> str:
        """The run's name within its study."""
        return self.spec.label

    def record(self) -> dict[str, Any]:
        """The run as one flat record: study, section, label, counts, and every field of its spec."""
        head = {"run_id": self.run_id, "study": self.study.name, "section": self.study.section, "label": self.label}
        counts = {"kind": self.spec.kind, "smoke": self.smoke, "n_params": self.spec.n_params}
        return {**head, **counts, **self.spec.values()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """Selection of runs by the options that every command has."""

    project: Project
    studies: tuple[str, ...]
    preset: str
    seeds: Sequence[int] | None = None
    smoke: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """Values typed for the project's options, where they are not the default."""
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of fields instead of the study's own; several make a grid."""

    def runs(self) -> list[Run]:
        """Every run, each identity once, in the order of the studies; before them, what they need of other studies.

        Raises:
            SweepError: If a change fits no run.
        """
        runs: dict[str, Run] = {}
        left = set(self.changes)
        for name in self.studies:
            study = self.project.by_name[name]
            specs = list(self._changed(study, left))
            run_ids = [spec.run_id for spec in specs]
            every = map(Run._make, zip(repeat(study), specs, repeat(self.smoke), run_ids))
            made = dict(zip(run_ids, every, strict=True))
            for run_id in made.keys() & runs.keys():
                del made[run_id]
            runs.update(made)
        if left:
            fields = dict.fromkeys(name for run in runs.values() for name in run.spec.values())
            raise SweepError("; ".join(unknown("field", sorted(left), list(fields))))
        return with_needed(list(runs.values()))

    def first(self, study: Study) -> Spec | None:
        """A run of one of its studies."""
        return next(self._changed(study, set(self.changes)), None)

    def members(self, study: Study, columns: "pa.Schema") -> "Told | None":
        """Tells which of a study's stored rows are of this sweep; None if only `runs` can.

        Args:
            study: One of its studies.
            columns: Of the study's own table.
        """
        if study.members is None or self.options:
            return None
        seeds = self.project.seeds if self.seeds is None else self.seeds
        return study.members(columns, seeds=seeds, smoke=self.smoke, changes=self.changes)

    def values(self) -> dict[str, Any]:
        """Its values but the project, for a job that loads this again."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "project"}

    def arguments(self) -> list[str]:
        """Arguments that select this sweep rather than the default one; studies and smoke left out."""
        typed = ["--preset", self.preset] * (self.preset != self.project.presets[0])
        if self.seeds is not None and self.seeds != self.project.seeds:
            typed += ["--seeds", _typed(self.seeds)]
        typed += [word for name, value in self.options.items() for word in (f"--{name}", value)]
        return typed + [
            word for name, values in self.changes.items() for word in ("--set", f"{name}={','.join(values)}")
        ]

    def _changed(self, study: Study, left: set[str]) -> Iterator[Spec]:
        """The study's specs with smoke, options and changes applied; notes the changes that fit."""
        values = {o.field: o.values[self.options[o.name]] for o in self.project.options if o.name in self.options}
        specs = study.specs(self.preset, self.project.seeds if self.seeds is None else self.seeds)
        if not (self.smoke or values or self.changes):
            yield from specs
            return
        for each in specs:
            spec = each.smoke() if self.smoke else each
            own = spec.values().keys() if values or self.changes else ()
            fit = {name: value for name, value in values.items() if name in own}
            spec = spec.replace(**fit) if fit else spec
            names = [name for name in self.changes if name in own]
            left.difference_update(names)
            yield from _grid(spec, {name: self.changes[name] for name in names}) if names else (spec,)


def _grid(spec: Spec, changes: Mapping[str, Sequence[str]]) -> Iterator[Spec]:
    """The spec with every combination of these values.

    Raises:
        SweepError: If a value does not fit its field.
    """
    for texts in product(*changes.values()):
        try:
            yield spec.replace(**{name: spec.parsed(name, text) for name, text in zip(changes, texts, strict=True)})
        except (TypeError, ValueError) as error:
            raise SweepError(f"`--set`: {error}") from None


def with_needed(runs: list[Run]) -> list[Run]:
    """The runs, and before them those that they need and that are not among them.

    Raises:
        SweepError: If one needs a run of a study that its study does not come after.
    """
    look = [run for run in runs if type(run.spec).needs is not Spec.needs]  # of a million mostly none
    there, more = {run.run_id for run in runs} if look else set[str](), list[Run]()
    while look:
        found: dict[str, Run] = {}
        for run in look:
            for spec in run.spec.needs():
                if spec.run_id not in there:
                    found.setdefault(spec.run_id, Run.of(_owner(spec, run.study), spec, smoke=run.smoke))
        there |= found.keys()
        more = [*found.values(), *more]
        look = list(found.values())
    return more + runs


def _owner(spec: Spec, later: Study) -> Study:
    """The study of a run that one of another study needs."""
    for study in later.after:
        if isinstance(spec, study.kinds):
            return study
    raise SweepError(f"study `{later.name}` needs a run of kind `{spec.kind}`: give its study in `Study(after=…)`")


def _typed(seeds: Sequence[int]) -> str:
    first, end = seeds[0], seeds[-1] + 1
    return f"{first}:{end}" if first else str(end)


def sweep(  # noqa: PLR0913 - all by name
    project: Project,
    *,
    studies: Sequence[str] = (),
    preset: str | None = None,
    seeds: Sequence[int] | None = None,
    smoke: bool = False,
    options: Mapping[str, str] | None = None,
    changes: Mapping[str, tuple[str, ...]] | None = None,
) -> Sweep:
    """A sweep from what a user typed.

    Raises:
        SweepError: Naming everything that is wrong, and what would be right.
    """
    typed, preset = dict(options or {}), preset or project.presets[0]
    wrong = unknown("study", studies, project.by_name) + unknown("preset", [preset], project.presets)
    for option in project.options:
        typed.setdefault(option.name, option.default)
        wrong += unknown(option.name, [typed[option.name]], option.values)
    if wrong:
        raise SweepError("; ".join(wrong))
    typed = {option.name: typed[option.name] for option in project.options if typed[option.name] != option.default}
    names = _able(project, studies, preset, typed)
    chosen = Sweep(project=project, studies=names, preset=preset, smoke=smoke, options=typed, changes=changes or {})
    return replace(chosen, seeds=_few_enough(chosen, seeds) if seeds is not None else None)


def _able(project: Project, studies: Sequence[str], preset: str, typed: Mapping[str, str]) -> tuple[str, ...]:
    """The chosen studies, without those that cannot be trained with a needed option.

    Raises:
        SweepError: If one of them was named.
    """
    names = project.select(studies, preset)
    for option in project.options:
        if not option.is_needed or option.name not in typed:
            continue
        value = typed[option.name]
        able = [s.name for s in project.studies if option.is_able(s, preset, value)]
        unable = [name for name in studies if name not in able]
        if unable:
            raise SweepError(f"{', '.join(unable)} cannot be trained in {value}: only {', '.join(able)} can")
        names = tuple(name for name in names if name in able)
    return names


def _few_enough(chosen: Sweep, seeds: Sequence[int]) -> Sequence[int]:
    """The seeds, unless they make too many runs.

    Raises:
        SweepError: If so.
    """
    most = MOST // max(1, len(replace(chosen, seeds=seeds[:1]).runs())) if len(seeds) > 1 else 1
    if len(seeds) > most:
        raise SweepError(f"`--seeds` must be at most {most:,}, which makes {MOST:,} runs, got {len(seeds)}")
    return seeds


def unknown(what: str, names: Iterable[str], known: Collection[str]) -> list[str]:
    """A message for each unknown name: the known ones, and the closest.

    >>> unknown("study", ["Digits"], ["digits", "letters"])
    ["unknown study 'Digits': it must be one of digits, letters; did you mean digits?"]
    """
    said = f"it must be one of {', '.join(known)}"
    close = {name: difflib.get_close_matches(name.lower(), known, n=1) for name in names if name not in known}
    hints = {name: "".join(f"; did you mean {each}?" for each in near) for name, near in close.items()}
    return [f"unknown {what} {name!r}: {said}{hint}" for name, hint in hints.items()]
