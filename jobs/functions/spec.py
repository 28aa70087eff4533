"""Specs of functions: one class a study, whose runs hold their parameters by name."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Self

from jobs.functions.declared import Declared, Values
from jobs.functions.earlier import needed
from jobs.functions.grids import Grid
from jobs.functions.texts import JSON, of_grid
from jobs.functions.values import typed
from jobs.spec import NEEDS, Spec, shown

if TYPE_CHECKING:
    import torch

    from jobs.state import Earlier, State, Tables
    from results.schema import Table

_UNKNOWN_S = 10.0


class FunctionSpec(Spec):
    """One call of a function. Parameters are no fields of the class: they may be called `group` or `values`."""

    __slots__ = ("_values",)
    _values: Values
    declared: ClassVar[Declared]
    needs_torch: ClassVar[bool] = False
    in_turn: ClassVar[bool] = True

    def __init__(self, /, **given: object) -> None:
        """A run with these parameters; the others have their defaults.

        Raises:
            TypeError: If parameters are unknown or missing, or values of another type; names them all.
        """
        try:
            self._keep(self.declared.parameters.values(given))
        except TypeError as error:
            raise TypeError(f"study `{self.kind}`: {error}") from None

    @classmethod
    def declared_runs(cls, preset: str, seeds: Sequence[int] | None) -> Iterator[Self]:  # noqa: ARG003 - one preset
        """The study's runs, as `Study.specs` gives them."""
        rows, new, put = cls.declared.rows(seeds), cls.__new__, object.__setattr__
        if isinstance(rows, Grid) and rows.axes and not cls.declared.after:
            defaults = cls.declared.parameters.defaults
            for values, text in of_grid(rows.axes, kind=cls.kind, schema=cls.schema, defaults=defaults):
                spec = new(cls)
                put(spec, "_values", values)  # checked when they were declared
                put(spec, "_run_id", sha256(text.encode()).hexdigest()[:16])
                yield spec
            return
        for values in rows:
            spec = new(cls)
            spec._keep(values)  # noqa: SLF001
            yield spec

    def values(self) -> Values:
        """All parameters by name, as JSON holds them."""
        return dict(self._values)

    def fields(self) -> Values:
        """All parameters by name."""
        return dict(self._values)

    def canonical(self) -> str:
        """The JSON text that the identity is made from: kind, schema number and what differs from its default."""
        given = self.declared.given(self._values)
        if self.declared.after:  # whose results make its numbers
            given[NEEDS] = sha256(" ".join(each.run_id for each in self.needs()).encode()).hexdigest()[:16]
        return JSON.encode({"kind": self.kind, "schema": self.schema, **given})

    def needs(self) -> tuple[Spec, ...]:
        """The runs of the studies that its study comes after which agree in every parameter that both have.

        Raises:
            ProjectError: If one of the studies has no such run.
        """
        return needed(self.declared, self._values) if self.declared.after else ()

    def replace(self, **changes: object) -> Self:
        """The same run with other values."""
        return type(self)(**{**self._values, **changes})

    def parsed(self, name: str, text: str) -> object:
        """A parameter's value as it was typed.

        Raises:
            TypeError: If it takes no such value.
        """
        try:
            return typed(text, self.declared.parameters.hints[name])
        except TypeError as error:
            raise TypeError(f"`{name}` {error}") from None

    def smoke(self) -> Self:
        """The run cut short, as its study declares."""
        return self.replace(**self.declared.short) if self.declared.short else self

    @property
    def label(self) -> str:
        """The parameters that are not the same in all runs of the study."""
        usual = self.declared.usual
        told = {name: value for name, value in self._values.items() if value not in usual.get(name, ())}
        return " ".join(f"{name} {shown(value)}" for name, value in told.items()) or self.kind

    @property
    def group(self) -> Hashable:
        """Any runs of the study may share a pack: they are trained one after the other."""
        return self.kind

    @classmethod
    def seconds(cls, specs: Sequence[Self]) -> float:
        """Estimated seconds of a pack: what its study declares, else ten a run, until some have been trained."""
        minutes = cls.declared.minutes
        return _UNKNOWN_S * len(specs) if minutes is None else 60.0 * minutes * len(specs)

    @classmethod
    def basis(cls) -> str:
        """See `Spec`."""
        return f"a guess of {_UNKNOWN_S:g} s a run" if cls.declared.minutes is None else "the studies' own `minutes`"

    @classmethod
    def memory_gb(cls, specs: Sequence[Self]) -> float:
        """Peak memory of a worker, in GiB: what its study declares, else 1."""
        declared = cls.declared.memory_gb
        return super().memory_gb(specs) if declared is None else declared

    @classmethod
    def tables(cls) -> "tuple[Table, ...]":
        """The table of the study's runs as far as it is known before any has returned, see `described`."""
        from jobs.functions.tables import described  # noqa: PLC0415 - a worker of another study needs none

        return described(cls.declared, {})

    @classmethod
    def described(cls, tables: "Tables") -> "tuple[Table, ...]":
        """The tables with the metrics that runs returned and the columns that they logged."""
        from jobs.functions.tables import described  # noqa: PLC0415

        return described(cls.declared, tables)

    @classmethod
    def drive(
        cls,
        specs: Sequence[Self],
        *,
        device: "torch.device | None",
        state: "State | None" = None,
        see: "Callable[[State], None]",
        earlier: "Earlier | None" = None,
    ) -> "State":
        """Call the function once a run, one after the other; see `Spec.drive`."""
        from jobs.functions.drive import drive  # noqa: PLC0415 - only workers call

        return drive(cls.declared, specs, device=device, state=state, see=see, earlier=earlier)

    def __eq__(self, other: object) -> bool:
        """True for the same run."""
        return type(self) is type(other) and self.run_id == other.run_id

    def __hash__(self) -> int:
        """By the identity."""
        return hash(self.run_id)

    def __repr__(self) -> str:
        """As the run is made."""
        return f"{self.kind}({', '.join(f'{name}={value!r}' for name, value in self._values.items())})"

    def __reduce__(self) -> "tuple[Callable[..., Spec], tuple[object, Values]]":
        """By the decorated function, which pickle finds by its name."""
        return _again, (self.declared.call if hasattr(self.declared.call, "study") else type(self), self._values)

    def _keep(self, values: Values) -> None:
        object.__setattr__(self, "_values", values)


def _again(study: Any, values: Mapping[str, object]) -> Spec:  # noqa: ANN401 - a function with an attribute
    kind: type[Spec] = study.study.kinds[0] if hasattr(study, "study") else study
    return kind(**values)


def made(
    declared: Declared, *, version: int, base: type[FunctionSpec] = FunctionSpec, **more: object
) -> type[FunctionSpec]:
    """The class of a study's runs, with these attributes."""
    body: dict[str, object] = {**more, "__slots__": (), "__module__": getattr(declared.call, "__module__", __name__)}
    body |= {"kind": declared.name, "schema": version, "declared": declared, "__doc__": f"One run of {declared.name}."}
    body |= {} if declared.after else {"needs": Spec.needs}  # which tells at once that no run needs another
    return type(declared.name, (base,), body)
