"""Specs: every value that changes a run's numbers, and the run's identity made from them."""

import dataclasses
import functools
import hashlib
import json
import types
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, get_type_hints

from jobs.fields import check, described, from_jsonable, jsonable, parsed

if TYPE_CHECKING:
    import torch

    from jobs.state import Earlier, State, Tables
    from results.schema import Table


S = TypeVar("S", bound="Spec")
NEEDS = "@needs"
"""In a canonical text: a digest of the ids of the runs that this one needs. No parameter can have the name."""


class _Kept:
    """Memo of the identity. No field: it is neither compared nor pickled."""

    __slots__ = ("_run_id",)
    _run_id: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Spec(_Kept):
    """One run. Subclasses add fields; all of them, and nothing else, make the run's identity.

    Give a field added later a default: existing ids stay valid. The rest of the class says how such runs are packed,
    trained, estimated and named; every method has a default but `train`.
    """

    kind: ClassVar[str]
    schema: ClassVar[int] = 1
    """Part of every identity: raise it when the trainer gives other numbers for the same spec."""
    free: ClassVar[Mapping[str, Any]] = types.MappingProxyType({})
    """Fields in which runs of one pack may differ, each with a neutral value."""
    needs_torch: ClassVar[bool] = True
    """True if a worker imports torch for it, chooses the device, and saves checkpoints as torch does."""
    in_turn: ClassVar[bool] = False
    """True if runs of one pack are trained one after the other: as many share one as keep its files worth writing."""

    def __post_init__(self) -> None:
        """Refuse values whose type is not the annotated one: 1 and 1.0 would be two ids.

        Raises:
            TypeError: If a field's type or literal is not the annotated one; names all such fields.
        """
        wrong = [name for name, fits in _checks(type(self)) if not fits(getattr(self, name))]  # type: ignore[arg-type]  # a class is hashable
        if wrong:
            raise TypeError(f"{type(self).__name__}: " + "; ".join(map(self._complaint, wrong)))

    def _complaint(self, name: str) -> str:
        value, hint = getattr(self, name), _field_types(type(self))[name]  # type: ignore[arg-type]  # a class is hashable
        return f"`{name}` must be {described(hint)}, got {value!r} ({type(value).__name__})"

    def values(self) -> dict[str, Any]:
        """All fields by name, as JSON would hold them (tuples as lists)."""
        return {name: jsonable(getattr(self, name)) for name in _field_types(type(self))}  # type: ignore[arg-type]  # a class is hashable

    def fields(self) -> dict[str, Any]:
        """All fields by name, as they are: what a spec of this class is made from."""
        return {name: getattr(self, name) for name in _field_types(type(self))}  # type: ignore[arg-type]  # a class is hashable

    def canonical(self) -> str:
        """The JSON text that the identity is made from: kind, schema number and every field, keys sorted.

        A field that has its default is left out: runs of before it was added are the same runs.
        """
        cls, names = type(self), _but_seed(type(self))  # type: ignore[arg-type]  # a class is hashable
        before, after = _around_seed(cls, *(getattr(self, name) for name in names))  # type: ignore[arg-type]
        return f"{before}{self.seed}{after}" if after else before  # type: ignore[attr-defined]  # it has one

    @property
    def run_id(self) -> str:
        """16 hex digits of the SHA-256 of the canonical JSON."""
        try:
            return self._run_id
        except AttributeError:
            made = hashlib.sha256(self.canonical().encode()).hexdigest()[:16]
            object.__setattr__(self, "_run_id", made)
            return made

    def replace(self, **changes: object) -> Self:
        """The same spec with other values."""
        return dataclasses.replace(self, **changes)

    def parsed(self, name: str, text: str) -> object:
        """A field's value as it was typed: a number, true, null, a list as JSON has it, else the text.

        Raises:
            TypeError: If the field takes no such value.
        """
        return parsed(name, text, _field_types(type(self))[name])  # type: ignore[arg-type]  # a class is hashable

    @property
    def label(self) -> str:
        """The run's name among the others of its study."""
        return " ".join(f"{name} {shown(value)}" for name, value in self.values().items()) or self.kind

    @property
    def n_params(self) -> int | None:
        """Number of trainable parameters; None if the kind does not say."""
        return None

    @property
    def family(self) -> Hashable:
        """Runs whose actual times correct each other's estimates, though their shapes differ."""
        return self.kind

    @property
    def group(self) -> Hashable:
        """Runs of equal groups may share a pack; by default each is a pack of its own."""
        return self.shape if self.is_fused else self.run_id

    @property
    def shape(self) -> Hashable:
        """The kind and the values in which runs of one stack may not differ."""
        return (self.kind, *[getattr(self, name) for name in _shared(type(self))])  # type: ignore[arg-type]  # a class is hashable

    @property
    def is_fused(self) -> bool:
        """True if runs of this shape train as one stack."""
        return False

    def smoke(self) -> Self:
        """The run cut short, under an id of its own; by default there is no shorter one."""
        return self

    def check_inputs(self) -> None:
        """Refuse to start where something that the run reads is missing.

        Raises:
            DataError: If so; says how to get it.
        """

    def needs(self) -> "tuple[Spec, ...]":
        """Runs of the studies in `Study.after` whose results this one loads: trained before it. By default none.

        They must follow from the run's own fields, which make its id. A kind that has some takes `earlier` in `train`.
        """
        return ()

    @classmethod
    def seconds(cls, specs: Sequence[Self]) -> float:
        """Estimated seconds of a pack on one core, before any has been trained."""
        return 60.0 * len(specs)

    @classmethod
    def basis(cls) -> str:
        """Basis of `seconds`, as `plan` says it."""
        return "a guess of 60 s a run" if cls.seconds.__func__ is Spec.seconds.__func__ else f"`seconds` of {cls.kind}"  # type: ignore[attr-defined]  # a class method

    @property
    def cores(self) -> int:
        """Cores that its training can use at once, where no other task does: see `in_parallel`."""
        return 1

    @classmethod
    def memory_gb(cls, specs: Sequence[Self]) -> float:  # noqa: ARG003 - others look at them
        """Estimated peak memory of a worker that trains the pack, in GiB."""
        return 1.0

    @classmethod
    def tables(cls) -> "tuple[Table, ...]":
        """The tables that such runs write."""
        return ()

    @classmethod
    def described(cls, tables: "Tables") -> "tuple[Table, ...]":  # noqa: ARG003 - others look at them
        """The tables that a pack has written, with every column's type and label."""
        return cls.tables()

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
        """Train one pack to its end.

        Args:
            specs: Runs that may share a pack.
            device: Where; None for runs that need no torch.
            state: To continue from.
            see: Called with each state on the way; raises a `BaseException` to stop.
            earlier: Reads the results of runs that these need.

        Returns:
            The last state, with the pack's tables.
        """
        more = {"earlier": earlier} if any(spec.needs() for spec in specs) else {}
        for each in cls.train(specs, device=device, state=state, **more):  # type: ignore[arg-type]  # a trainer needs torch
            if each.tables is not None:
                return each
            see(each)
        raise RuntimeError("the trainer ended without tables")

    @classmethod
    def train(cls, specs: Sequence[Self], *, device: "torch.device", state: "State | None" = None) -> "Iterator[State]":
        """Train one pack on a device. Yields its state as it goes, and last its tables.

        Continues from ``state``, which is one that this pack's iterator yielded.
        """
        raise NotImplementedError(f"{cls.__name__} has no trainer: define its classmethod `train`")


def check_shared(specs: Sequence[Spec]) -> None:
    """Refuse specs that cannot share a stack.

    Raises:
        ValueError: If they differ in more than what their trainer lets differ; names the fields.
    """
    if len({spec.shape for spec in specs}) == 1:
        return
    neutral = [{"kind": spec.kind, **spec.replace(**spec.free).values()} for spec in specs]
    names = {name for values in neutral for name in values}
    differing = sorted(name for name in names if len({str(values.get(name)) for values in neutral}) > 1)
    raise ValueError(f"runs of one pack must have one shape and schedule, these differ in {', '.join(differing)}")


def shown(value: object) -> str:
    """A value in a name: 0.001, 8-32, adam.

    >>> shown(1e-3), shown([8, 32]), shown("adam")
    ('0.001', '8-32', 'adam')
    """
    if isinstance(value, float):
        return f"{value:g}"
    return "-".join(map(shown, value)) if isinstance(value, list | tuple) else str(value)


@functools.cache
def _shared(cls: type[Spec]) -> list[str]:
    return [field.name for field in dataclasses.fields(cls) if field.name not in cls.free]


def from_json(text: str, kinds: Mapping[str, type[S]]) -> S:
    """The spec that a canonical JSON text describes.

    Raises:
        ValueError: If its kind or schema number is not among the kinds.
    """
    values: dict[str, Any] = json.loads(text)
    kind, schema = values.pop("kind"), values.pop("schema")
    values.pop(NEEDS, None)  # which follows from the others
    if kind not in kinds or schema != kinds[kind].schema:
        known = [f"{name} (schema {cls.schema})" for name, cls in kinds.items()]
        raise ValueError(f"spec of kind {kind!r}, schema {schema}: this version knows {', '.join(known)}")
    return kinds[kind](**{name: from_jsonable(value) for name, value in values.items()})


_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


@functools.cache
def _field_types(cls: type[Spec]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls)}


@functools.lru_cache(maxsize=1 << 12, typed=True)
def _around_seed(cls: type[Spec], *values: Any) -> tuple[str, str]:  # noqa: ANN401 - fields are of many types
    """The canonical text before and after the seed, which all seeds of a sweep share; all of it if there is no seed."""
    named = zip(_but_seed(cls), map(jsonable, values), strict=True)  # type: ignore[arg-type]  # a class is hashable
    defaults = _defaults(cls)  # type: ignore[arg-type]
    given = {name: value for name, value in named if name not in defaults or value != defaults[name]}
    text = {"kind": cls.kind, "schema": cls.schema, **given}
    if "seed" not in _field_types(cls):  # type: ignore[arg-type]
        return _JSON.encode(text), ""
    before, after = _JSON.encode({**text, "seed": None}).split('"seed":null')
    return f'{before}"seed":', after


@functools.cache
def _but_seed(cls: type[Spec]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls) if field.name != "seed")


@functools.cache
def _defaults(cls: type[Spec]) -> dict[str, Any]:
    return {f.name: f.default for f in dataclasses.fields(cls) if f.default is not dataclasses.MISSING}


@functools.cache
def _checks(cls: type[Spec]) -> list[tuple[str, Callable[[object], bool]]]:
    """True if a value fits, for every field."""
    return [(name, check(hint)) for name, hint in _field_types(cls).items()]  # type: ignore[arg-type]  # a class is hashable
