"""The door for functions and commands: `@study` and `shell_study`."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jobs.errors import ProjectError
from jobs.functions.declared import Declared, Rows
from jobs.functions.membership import Membership
from jobs.functions.modules import ModuleSpec, check_methods, with_plan
from jobs.functions.parameters import Parameters, of_fields, of_function, of_rows
from jobs.functions.run import Run
from jobs.functions.shell import OWN, unknown
from jobs.functions.spec import FunctionSpec, made
from jobs.fused.module import Module
from jobs.fused.reads import shared_fields
from jobs.study import Study

if TYPE_CHECKING:
    from results.schema import Column

F = TypeVar("F", bound=Callable[..., Any])


def study(  # noqa: PLR0913 - all by name
    *,
    runs: Rows | Callable[[], Rows],
    smoke: Mapping[str, object] | None = None,
    title: str = "",
    name: str | None = None,
    version: int = 1,
    minutes: float | None = None,
    cpus: int = 1,
    gpus: int | None = None,
    memory_gb: float | None = None,
    after: object = (),
    figures: Sequence[Any] = (),
    claims: Sequence[Any] = (),
    columns: "Iterable[Column]" = (),
    epochs: int | None = None,
    batch: int | None = None,
) -> Callable[[F], F]:
    """Make a function or a class of `Module` a study; it can be called as before, and has the study as its `study`.

    Args:
        runs: Parameters of every run: `grid(…)`, dicts, a frame, or a callable that gives them.
        smoke: Values for a short trial of each run.
        title: What the study asks; by default the docstring's first line.
        name: By default the function's.
        version: Raise it when the function gives other numbers for the same parameters: all ids change.
        minutes: Of one run, a first guess; learnt after the first.
        cpus: Threads of one run.
        gpus: Of a job; None for as many as the cluster's profile gives.
        memory_gb: Of a worker.
        after: Another study's function, or several, whose results its runs load: see `Run.results`. A run needs those
            that agree in every parameter that both have, and is trained after them.
        figures: Of its part of the page.
        claims: What is checked on its results.
        columns: Labels and units of returned and logged numbers.
        epochs: Of a module: how often it goes through its data, where `runs` do not say.
        batch: Of a module: rows of a step, where `runs` do not say; without it, all of them.

    Raises:
        ProjectError: If the signature, or the parameters of a run, are wrong; in one line.
    """

    def decorated(function: F) -> F:
        own, is_module = name or _name(function), isinstance(function, type)
        plan = {"epochs": epochs, "batch": batch}
        parameters = _parameters(own, function, plan)
        declared = Declared(
            name=own,
            call=function,
            parameters=parameters,
            runs=with_plan(_held(runs), plan) if is_module else _held(runs),
            smoke=smoke or {},
            minutes=minutes,
            memory_gb=memory_gb,
            columns=tuple(columns),
            here=_folder(vars(sys.modules[function.__module__]) if is_module else getattr(function, "__globals__", {})),
            after=_studies(own, after),
        )
        if is_module and declared.after:
            raise declared.wrong("a module loads no results of others: `after` is for functions")
        first = next(iter((function.__doc__ or "").strip().splitlines()), "").removesuffix(".")
        function.study = _study(  # type: ignore[attr-defined]  # what the decorator adds
            declared, version, title=title or first, threads=cpus, gpus=gpus, **_parts(figures, claims)
        )
        return function

    return decorated


def shell_study(  # noqa: PLR0913 - all by name
    name: str,
    command: str,
    *,
    runs: Rows,
    numbers: str | None = None,
    timeout_s: float | None = None,
    smoke: Mapping[str, object] | None = None,
    title: str = "",
    version: int = 1,
    minutes: float | None = None,
    cpus: int = 1,
    gpus: int | None = None,
    memory_gb: float | None = None,
    after: object = (),
    columns: "Iterable[Column]" = (),
) -> Study:
    """A study whose runs are one shell command each; see `Run.shell` and `study`.

    Of a study that it comes `after`, the command finds two files in its current folder, `NAME.runs.json` and
    `NAME.log.json`: lists of what the runs that it needs have returned and logged.

    Raises:
        ProjectError: If the parameters of a run are wrong, or the command has others; in one line.
    """
    held = _held(runs)
    try:
        parameters = of_rows(held() if callable(held) else held)
    except TypeError as error:
        raise ProjectError(f"study `{name}`: {error}") from None
    studies = _studies(name, after)
    declared = Declared(
        name=name,
        call=Command(command, numbers, timeout_s, after=tuple(each.name for each in studies)),
        parameters=parameters,
        runs=held,
        smoke=smoke or {},
        minutes=minutes,
        memory_gb=memory_gb,
        columns=tuple(columns),
        here=_folder(sys._getframe(1).f_globals),  # noqa: SLF001 - whose study it is
        after=studies,
    )
    wrong = unknown(command, parameters.hints)
    if wrong:
        there = ", ".join([*parameters.hints, *OWN])
        raise declared.wrong(f"`{{{wrong[0]}}}` in its command stands for nothing: there are {there}")
    return _study(declared, version, title=title, threads=cpus, gpus=gpus)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as a study's function."""

    command: str
    numbers: str | None
    timeout_s: float | None
    after: tuple[str, ...] = ()

    def __call__(self, run: Run, **_: object) -> dict[str, Any]:
        """Run it, beside what the runs that it needs came to; returns its numbers."""
        for name in self.after:
            for table, rows in (("runs", run.results(name)), ("log", run.logged(name))):
                (run.folder / f"{name}.{table}.json").write_text(json.dumps(rows), encoding="utf-8")
        return run.shell(self.command, numbers=self.numbers, timeout_s=self.timeout_s)


def _study(declared: Declared, version: int, **settings: Any) -> Study:  # noqa: ANN401 - of many types
    declared.check()
    whole = (("version", version, 0), ("cpus", settings["threads"], 1), ("gpus", settings["gpus"] or 0, 0))
    for name, amount, least in whole:
        if not (isinstance(amount, int) and amount >= least):
            raise declared.wrong(f"`{name}` must be a whole number of at least {least}, got {amount!r}")
    if isinstance(declared.call, type) and issubclass(declared.call, Module):
        shared = shared_fields(declared.call, frozenset(declared.parameters.hints))
        kind = made(declared, version=version, base=ModuleSpec, shared=shared)
    else:
        kind = made(declared, version=version)
    settings |= {"memory_gb": declared.memory_gb, "members": Membership(kind), "after": declared.after}
    return Study(name=declared.name, specs=kind.declared_runs, kinds=(kind,), **settings)


def _name(of: Callable[..., Any]) -> str:
    """A function's name, or a class's as functions are called: `TwoLayers` is `two_layers`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", of.__name__).lower() if isinstance(of, type) else of.__name__


def _parameters(own: str, of: Callable[..., Any], plan: dict[str, Any]) -> Parameters:
    """The parameters of a function, or a module's fields; takes from the plan what is not given.

    Raises:
        ProjectError: If they are none of a study.
    """
    try:
        parameters = _of_module(own, of, plan) if isinstance(of, type) else of_function(of)
    except TypeError as error:
        raise ProjectError(f"study `{own}`: {error}") from None
    given = [name for name, value in plan.items() if value is not None]
    if given and not isinstance(of, type):
        raise ProjectError(f"study `{own}`: `{given[0]}` is for modules: a function loops by itself")
    if plan["epochs"] is None:
        del plan["epochs"]
    return parameters


def _of_module(own: str, of: type, plan: dict[str, Any]) -> Parameters:
    if not issubclass(of, Module):
        raise TypeError(f"a class must be a `Module`: `class {of.__name__}(Module)`")
    check_methods(own, of)
    return of_fields(of, without_default=tuple(plan))


def _studies(own: str, after: object) -> tuple[Study, ...]:
    """The studies that a study comes after.

    Raises:
        ProjectError: If one is no study of a function or a command.
    """
    given = after if isinstance(after, list | tuple) else (after,)
    found: list[Any] = [getattr(each, "study", each) for each in given]
    for each in found:
        if not isinstance(each, Study) or not all(issubclass(kind, FunctionSpec) for kind in each.kinds):
            raise ProjectError(f"study `{own}`: `after` must be studies of functions, defined before it, got {each!r}")
    return tuple(found)


def _parts(figures: Sequence[Any], claims: Sequence[Any]) -> dict[str, Any]:
    """Parts of a page, where there are any."""
    return {name: tuple(parts) for name, parts in (("figures", figures), ("claims", claims)) if parts}


def _held(runs: Rows | Callable[[], Rows]) -> Rows | Callable[[], Rows]:
    """The runs, such that they can be gone through twice."""
    return tuple(runs) if isinstance(runs, Iterator) else runs


def _folder(of: Mapping[str, Any]) -> Path:
    """The folder of a module's file; in a notebook, the current one."""
    return Path(of["__file__"]).absolute().parent if of.get("__file__") else Path.cwd()
