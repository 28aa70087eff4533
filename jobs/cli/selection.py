"""The options by which every command selects runs, and what they select."""

import functools
import inspect
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.options import OutOption, chosen_folder, named, seeds_of, warn
from jobs.cli.settings import Settings
from jobs.project import Project
from jobs.sweep import Run, Sweep, SweepError, sweep, unknown, with_needed
from jobs.typed import SHORTEST

StudyOption = Annotated[
    list[str] | None, typer.Option("--study", help="Only this study; may be given again.", metavar="NAME")
]
SeedsOption = Annotated[
    str | None, typer.Option("--seeds", help="Repeat every study under seeds 0 to N−1, or A to B−1.", metavar="N|A:B")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Another value of a field; several make a grid.", metavar="FIELD=VALUE[,VALUE]"),
]
SmokeOption = Annotated[bool, typer.Option("--smoke", help="A minute's worth of everything, marked as such.")]

_HEX = re.compile(r"[0-9a-f]{4,16}")
_SHORT = re.compile(r"[0-9a-f]{1,3}")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The runs that a command is about, and the output folder."""

    project: Project
    study: Sequence[str] = ()
    preset: str | None = None
    seeds: str | None = None
    changes: Sequence[str] = ()
    options: Mapping[str, str]
    smoke: bool = False
    given_out: str | None = None
    profile: str | None = None
    """Profile that `hw1.toml` names; its factors and where it tells hold for what is trained here too."""

    @cached_property
    def out(self) -> Path:
        """The output folder.

        Raises:
            SweepError: If its name is empty.
        """
        return chosen_folder(self.given_out)

    @cached_property
    def sweep(self) -> Sweep:
        """The sweep.

        Raises:
            SweepError: Naming everything that is wrong.
        """
        short = [name for name in self.study if _SHORT.fullmatch(name)]
        if wrong := unknown("study", short, self.project.by_name):
            raise SweepError("; ".join(f"{each}; of a run's id give {SHORTEST} characters or more" for each in wrong))
        chosen = sweep(
            self.project,
            studies=[name for name in self.study if not self._is_id(name)],
            preset=self.preset,
            seeds=None if self.seeds is None else seeds_of(self.seeds),
            smoke=self.smoke,
            options=self.options,
            changes=changes_of(self.changes),
        )
        if chosen.seeds is not None:
            few = replace(chosen, seeds=chosen.seeds[:1])
            first = filter(None, map(few.first, (self.project.by_name[name] for name in chosen.studies)))
            warn(["`--seeds` changes nothing: no run here has a `seed`"] * all("seed" not in s.values() for s in first))
        return chosen

    @cached_property
    def runs(self) -> list[Run]:
        """Its runs; only those whose ids begin as was typed, where ids stand among the studies.

        Raises:
            SweepError: If no run, or no such run, is selected.
        """
        runs, ids = self.sweep.runs(), [name for name in self.study if self._is_id(name)]
        if not ids:
            self._tell(runs, self.sweep.studies)
            return runs
        absent = [i for i in ids if not any(run.run_id.startswith(i) for run in runs)]
        if absent:
            raise SweepError(f"no run or study {', '.join(absent)} in this sweep: `hw1 list` prints ids")
        named = {name for name in self.study if not self._is_id(name)}
        asked = [run for run in runs if run.study.name in named or run.run_id.startswith(tuple(ids))]
        chosen = with_needed(asked)
        self._tell(chosen[: len(chosen) - len(asked)], ())
        return chosen

    def _tell(self, runs: Sequence[Run], asked: Sequence[str]) -> None:
        """Say which runs nobody asked for, but others need."""
        n_runs = Counter(run.study.name for run in runs if run.study.name not in asked)
        warn(f"with {n} run(s) of {name}, which others need: they come first" for name, n in n_runs.items())

    @property
    def is_by_ids(self) -> bool:
        """True if ids of runs stand among the studies."""
        return any(map(self._is_id, self.study))

    def _is_id(self, name: str) -> bool:
        return name not in self.project.by_name and len(name) >= SHORTEST and bool(_HEX.fullmatch(name))


def changes_of(typed: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Values by field, as `--set FIELD=VALUE,VALUE` has them; a list or a dict is one value.

    Raises:
        SweepError: If one has no `=`, or a field is given twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in typed:
        name, equals, values = text.partition("=")
        if not equals or not name.strip() or not values.strip():
            raise SweepError(f"`--set` must be FIELD=VALUE, as in lr=0.1,0.01, got {text!r}")
        if name.strip() in found:
            raise SweepError(f"`--set {name.strip()}` is given twice: separate its values by commas")
        found[name.strip()] = _split(values.strip())
    return found


def _split(text: str) -> tuple[str, ...]:
    """The values between commas; a list or a dict is one, whatever is in it.

    >>> _split('[[1,2],[3]],{"a":1,"b":2},x')
    ('[[1,2],[3]]', '{"a":1,"b":2}', 'x')
    """
    parts, depth = [""], 0
    for letter in text:
        depth = max(0, depth + (letter in "[{") - (letter in "]}"))
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(parts)


def selecting(project: Project, settings: Settings) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for commands whose first parameter is a selection: gives them the options that make one."""
    shared = _parameters(project, settings)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

        @functools.wraps(command)
        def run(**given: Any) -> Any:  # noqa: ANN401 - options of many types
            options = {option.name: given.pop(option.name) for option in project.options}
            if "profile" in given and given["profile"] is None and not given.get("local"):
                given["profile"] = settings.profile
            chosen = Selection(
                project=project,
                study=given.pop("study") or (),
                preset=named("--preset", given.pop("preset")),
                seeds=given.pop("seeds"),
                changes=given.pop("set_") or (),
                smoke=given.pop("smoke"),
                given_out=given.pop("out"),
                options=options,
                profile=settings.profile,
            )
            return command(chosen, **given)

        positional = [p.replace(kind=p.KEYWORD_ONLY) for p in own]
        run.__signature__ = inspect.Signature([*positional, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in (*positional, *shared)}
        return run

    return decorate


def _parameters(project: Project, settings: Settings) -> list[inspect.Parameter]:
    """The shared options as parameters."""
    presets = ", ".join(project.presets)
    preset = Annotated[str, typer.Option("--preset", help=f"One of {presets}.", hidden=len(project.presets) == 1)]
    shared: list[tuple[str, Any, Any]] = [
        ("study", StudyOption, None),
        ("preset", preset, settings.preset or project.presets[0]),
        ("seeds", SeedsOption, settings.seeds),
        ("set_", SetOption, None),
        *((o.name, Annotated[str, typer.Option(f"--{o.name}", help=o.help)], o.default) for o in project.options),
        ("smoke", SmokeOption, False),
        ("out", OutOption, settings.out),
    ]
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [inspect.Parameter(n, keyword, default=default, annotation=kind) for n, kind, default in shared]
