"""Projects: the studies that one file or package hands over, and what their commands take."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.errors import ProjectError
from jobs.origin import Origin
from jobs.spec import Spec, from_json
from jobs.study import Study

if TYPE_CHECKING:
    from results.schema import Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """An option of every command that selects runs: another value of one field of their specs."""

    name: str
    help: str
    field: str
    values: Mapping[str, object]
    """Texts that may be typed, and the field's value for each; the first is the default."""
    is_needed: bool = False
    """True if a study whose specs do not take the value is left out, not trained without."""

    @property
    def default(self) -> str:
        """The text that need not be typed."""
        return next(iter(self.values))

    def takes(self, spec: Spec) -> bool:
        """True if the spec has the field."""
        return self.field in spec.values()

    def is_able(self, study: Study, preset: str, typed: str) -> bool:
        """True if all of the study's specs take what was typed."""
        try:
            return all(
                bool(spec.replace(**{self.field: self.values[typed]})) if self.takes(spec) else typed == self.default
                for spec in study.specs(preset, (0,))
            )
        except (TypeError, ValueError):
            return False


@dataclass(frozen=True, kw_only=True)
class Project:
    """Studies, and the name and title of what they belong to."""

    name: str
    studies: tuple[Study, ...]
    title: str = ""
    presets: tuple[str, ...] = ("all",)
    """Selections of studies and specs, the default first."""
    seeds: Sequence[int] | None = None
    """Seeds where none are asked for; None for those that each study declares."""
    options: tuple[Option, ...] = ()
    commands: tuple[Callable[..., Any], ...] = ()
    """Further commands of its command line."""
    page: Callable[[], Any] | None = None
    """Contents of its page; imported where a page is drawn."""
    reference: Path | None = None
    """Results that come with the code: a store whose tables are collected."""
    origin: Origin = field(default_factory=lambda: Origin(kind="none", where=""))
    """Its origin, so that a worker can load it again."""
    imports_torch: bool = False
    """True if it was its import that brought torch."""

    def __post_init__(self) -> None:
        """Refuse studies that could not be told apart.

        Raises:
            ProjectError: If two have one name, or two kinds do, or one comes after a study that is not there.
        """
        names = [study.name for study in self.studies]
        kinds = [kind.kind for kind in dict.fromkeys(kind for study in self.studies for kind in study.kinds)]
        for what, found in (("studies", names), ("kinds of run", kinds)):
            if twice := sorted({name for name in found if found.count(name) > 1}):
                raise ProjectError(f"project {self.name}: two {what} are called {', '.join(twice)}: rename one")
        for study in self.studies:
            if absent := [each.name for each in study.after if each.name not in names]:
                what = f"`{study.name}` comes after {', '.join(absent)}, which it has not"
                raise ProjectError(f"project {self.name}: {what}: add it to `studies`")

    @cached_property
    def by_name(self) -> dict[str, Study]:
        """Its studies by name."""
        return {study.name: study for study in self.studies}

    @cached_property
    def kinds(self) -> dict[str, type[Spec]]:
        """The classes of its specs by kind."""
        return {kind.kind: kind for study in self.studies for kind in study.kinds}

    @cached_property
    def tables(self) -> "tuple[Table, ...]":
        """The tables that its runs write, each once.

        Raises:
            ProjectError: If two kinds declare one column in different units.
        """
        tables: dict[Table, None] = {}
        units: dict[tuple[str, str], tuple[str, str]] = {}
        for kind in self.kinds.values():
            for table in kind.tables():
                tables[table] = None
                for column in table.columns:
                    unit, of = units.setdefault((table.name, column.name), (column.unit, kind.kind))
                    if unit != column.unit:
                        what = f"`{table.name}.{column.name}` is in {unit or 'no unit'} for {of}, and"
                        another = f"in {column.unit or 'no unit'} for {kind.kind}: give one another name"
                        raise ProjectError(f"project {self.name}: {what} {another}")
        return tuple(tables)

    def spec(self, text: str) -> Spec:
        """The spec that a canonical JSON text describes.

        Raises:
            ValueError: If it is of none of the project's kinds.
        """
        return from_json(text, self.kinds)

    def select(self, names: Sequence[str], preset: str) -> tuple[str, ...]:
        """The studies of these names in the project's order; those of the preset where none is named."""
        return tuple(s.name for s in self.studies if (s.name in names if names else s.is_in(preset)))
