"""Specs: every value that changes a run's numbers, and the run's identity made from them."""

import dataclasses
import functools
import hashlib
import json
import types
from collections.abc import Callable
from typing import Any, ClassVar, Literal, Self, Union, get_args, get_origin, get_type_hints

SCHEMA = 1
"""Part of every run's identity: raise it when trainers give other numbers for the same spec."""

Function = Literal["sinc", "sign_sinc", "square_wave"]
Optimizer = Literal["sgd", "adam", "rmsprop"]
Frame = Literal["original", "padded", "resized"]
Scaling = Literal["unit", "normalised"]
Model = Literal["lenet", "cnn", "mlp"]
Precision = Literal["float32", "bfloat16"]


class _Kept:
    """What is made of a spec's values once. No field: it is neither compared nor pickled."""

    __slots__ = ("_run_id",)
    _run_id: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Spec(_Kept):
    """One run. Subclasses add fields; all of them, and nothing else, make the run's identity.

    A field added later has a default, with which the identities of before stay as they were.
    """

    kind: ClassVar[str]
    free: ClassVar[dict[str, Any]] = {"seed": 0}
    """What runs of one pack may differ in, each with a neutral value."""

    seed: int

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
        return f"`{name}` must be {_described(hint)}, got {value!r} ({type(value).__name__})"

    def values(self) -> dict[str, Any]:
        """All fields by name, as JSON would hold them (tuples as lists)."""
        return {name: _jsonable(getattr(self, name)) for name in _field_types(type(self))}  # type: ignore[arg-type]  # a class is hashable

    def fields(self) -> dict[str, Any]:
        """All fields by name, as they are: what a spec of this class is made from."""
        return {name: getattr(self, name) for name in _field_types(type(self))}  # type: ignore[arg-type]  # a class is hashable

    def canonical(self) -> str:
        """The JSON text that the identity is made from: kind, schema number and every field, keys sorted.

        A field that has its default is left out: runs of before it was added are the same runs.
        """
        before, after = _around_seed(type(self), *(getattr(self, name) for name in _but_seed(type(self))))  # type: ignore[arg-type]  # a class is hashable
        return f"{before}{self.seed}{after}"

    @property
    def run_id(self) -> str:
        """16 hex digits of the SHA-256 of the canonical JSON."""
        try:
            return self._run_id
        except AttributeError:
            made = hashlib.sha256(self.canonical().encode()).hexdigest()[:16]
            object.__setattr__(self, "_run_id", made)
            return made

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """What runs of its kind and model can be trained in, the default first."""
        return ("float32",)

    def replace(self, **changes: object) -> Self:
        """The same spec with other values."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FunctionFit(Spec):
    """A leaky-ReLU network fitted to a function of one variable, full batch, mean squared error."""

    kind: ClassVar[str] = "function_fit"
    free: ClassVar[dict[str, Any]] = {"seed": 0, "function": "sinc"}

    function: Function
    hidden: tuple[int, ...]
    output_bias: bool
    negative_slope: float
    optimizer: Optimizer
    learning_rate: float
    weight_decay: float
    max_iterations: int
    loss_below: float | None
    change_below: float | None
    gradient_norm_below: float | None
    measures: Literal["predictions", "gradient_norm", "spectrum"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CriticalPoint(FunctionFit):
    """A function fit, and from where it stopped the way to a zero of the gradient by damped Newton steps."""

    kind: ClassVar[str] = "critical_point"

    newton_gradient_norm_below: float
    max_newton_steps: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ImageSpec(Spec):
    """What runs on images share: the data and the model."""

    dataset: str
    frame: Frame
    scaling: Scaling
    n_train: int
    n_test: int
    model: Model
    hidden: tuple[int, ...]
    epochs: int
    precision: Precision = "float32"
    """Of activations and their gradients, in training as in measuring. Weights, their gradients, the optimiser and the
    loss, given the class scores, are float32 in any case."""

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """See `Spec`; a stack of dense networks has kernels of its own, all in float32."""
        return ("float32",) if self.model == "mlp" else get_args(Precision)

    def __post_init__(self) -> None:
        """Refuse a precision that there is no trainer for.

        Raises:
            TypeError: See `Spec`.
            ValueError: If runs of this kind and model are not trained in this precision; names those they are.
        """
        Spec.__post_init__(self)
        if self.precision not in self.precisions:
            of = f"kind {self.kind!r} with model {self.model!r}"
            raise ValueError(f"`precision` must be {' or '.join(self.precisions)} for {of}, got {self.precision!r}")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Classifier(ImageSpec):
    """A network trained on images of ten classes, cross-entropy, measured after every epoch."""

    kind: ClassVar[str] = "classifier"

    labels: Literal["true", "random"]
    optimizer: Optimizer
    learning_rate: float
    momentum: float
    weight_decay: float
    batch_size: int
    snapshots: bool


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity(Classifier):
    """A convolutional classifier; at its end, how much its outputs and its loss change with inputs and weights."""

    kind: ClassVar[str] = "sensitivity"

    model: Literal["lenet", "cnn"]
    n_jacobian: int
    """Test images, the first ones, over which the Jacobian's norm is averaged."""
    n_sharpness: int
    """Training images, the first ones, whose loss is maximised."""
    epsilons: tuple[float, ...]
    """Sizes of Keskar's box |Δ| ≤ ε(|θ| + 1)."""
    adaptive_epsilons: tuple[float, ...]
    """Sizes of the box |Δ| ≤ ε|θ|."""
    ascent_steps: int
    rescale_factors: tuple[float, ...]
    """By which a layer is scaled, and the next one back."""
    rescaled_epsilon: float
    """Size of Keskar's box around rescaled weights."""
    rescaled_adaptive_epsilon: float
    """Size of the adaptive box around rescaled weights."""

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """See `Spec`; the smallest box is lost when weights are rounded to the three digits of bfloat16."""
        return ("float32",)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Surface(Classifier):
    """A dense classifier; at its end, its path's principal components and the loss around it in two planes."""

    kind: ClassVar[str] = "surface"

    model: Literal["mlp"]
    n_walks: int
    """Random walks drawn to match the path."""
    n_grid: int
    """Points along either direction of a plane; odd, so that the end is one of them."""
    extent: float
    """From the end to the grid's border, in units of the path's radius: the largest distance from its end in the
    plane of its components."""
    n_surface_images: int
    """Training images, the first ones, on which the train loss of a point is measured."""

    @property
    def n_points(self) -> int:
        """Points of weight space at which the loss is measured: two grids, and after every epoch the path twice."""
        return 2 * self.n_grid**2 + 2 * (self.epochs + 1)

    def __post_init__(self) -> None:
        """Refuse a path without a plane, a grid without its end, and more images than there are.

        Raises:
            TypeError: See `Spec`.
            ValueError: If a value is out of its range; names the first.
        """
        ImageSpec.__post_init__(self)
        if self.epochs < 2:  # noqa: PLR2004 - two directions take three points
            raise ValueError(f"`epochs` must be at least 2 for a path in a plane, got {self.epochs}")
        if self.n_grid % 2 == 0 or self.n_grid < 3:  # noqa: PLR2004 - the end, and a point on either side
            raise ValueError(f"`n_grid` must be odd and at least 3, got {self.n_grid}")
        if not 0 < self.n_surface_images <= self.n_train:
            raise ValueError(f"`n_surface_images` must be from 1 to {self.n_train}, got {self.n_surface_images}")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Corrupted(Classifier):
    """A classifier trained until it fits labels of which a fraction was drawn anew, or at most for so many epochs."""

    kind: ClassVar[str] = "corrupted"
    free: ClassVar[dict[str, Any]] = {"seed": 0, "fraction": 0.0}

    fraction: float
    accuracy_at_least: float


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Interpolation(ImageSpec):
    """Two ends trained from one initialisation by SGD with Nesterov momentum, and the line through them."""

    kind: ClassVar[str] = "interpolation"
    free: ClassVar[dict[str, Any]] = {
        "seed": 0,
        "batch_size_1": 1,
        "batch_size_2": 1,
        "learning_rate_1": 0.0,
        "learning_rate_2": 0.0,
    }

    momentum: float
    batch_size_1: int
    batch_size_2: int
    learning_rate_1: float
    learning_rate_2: float
    alpha_from: float
    alpha_to: float
    n_alphas: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Barrier(ImageSpec):
    """Two ends trained alike but for the order of their batches after some shared epochs, and the lines to them."""

    kind: ClassVar[str] = "barrier"
    free: ClassVar[dict[str, Any]] = {"seed": 0, "shared_epochs": 0, "from_initialisation": False}

    momentum: float
    batch_size: int
    learning_rate: float
    shared_epochs: int
    from_initialisation: bool
    n_alphas: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Empty(Spec):
    """A run that does nothing: what it takes is what everything around a run costs."""

    kind: ClassVar[str] = "empty"


SPEC_TYPES: dict[str, type[Spec]] = {
    c.kind: c
    for c in (FunctionFit, Classifier, Interpolation, Sensitivity, CriticalPoint, Surface, Barrier, Corrupted, Empty)
}


def from_json(text: str) -> Spec:
    """The spec that a canonical JSON text describes.

    Raises:
        ValueError: If kind or schema number are not known to this version.
    """
    values: dict[str, Any] = json.loads(text)
    kind, schema = values.pop("kind"), values.pop("schema")
    if kind not in SPEC_TYPES or schema != SCHEMA:
        raise ValueError(
            f"spec of kind {kind!r}, schema {schema}: this version knows {list(SPEC_TYPES)}, schema {SCHEMA}"
        )
    return SPEC_TYPES[kind](**{name: _from_jsonable(value) for name, value in values.items()})


_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


@functools.cache
def _field_types(cls: type[Spec]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls)}


@functools.lru_cache(maxsize=1 << 12, typed=True)
def _around_seed(cls: type[Spec], *values: Any) -> tuple[str, str]:  # noqa: ANN401 - fields are of many types
    """The canonical text before and after the seed: what all seeds of a sweep share is written once."""
    named = zip(_but_seed(cls), map(_jsonable, values), strict=True)  # type: ignore[arg-type]  # a class is hashable
    defaults = _defaults(cls)  # type: ignore[arg-type]
    given = {name: value for name, value in named if name not in defaults or value != defaults[name]}
    text = {"kind": cls.kind, "schema": SCHEMA, "seed": None, **given}
    before, after = _JSON.encode(text).split('"seed":null')
    return f'{before}"seed":', after


@functools.cache
def _but_seed(cls: type[Spec]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls) if field.name != "seed")


@functools.cache
def _defaults(cls: type[Spec]) -> dict[str, Any]:
    return {f.name: f.default for f in dataclasses.fields(cls) if f.default is not dataclasses.MISSING}


@functools.cache
def _checks(cls: type[Spec]) -> list[tuple[str, Callable[[object], bool]]]:
    """Whether a value fits, for every field."""
    return [(name, _check(hint)) for name, hint in _field_types(cls).items()]  # type: ignore[arg-type]  # a class is hashable


def _check(hint: Any) -> Callable[[object], bool]:  # noqa: ANN401 - an annotation can be any object
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {types.UnionType, Union}:
        checks = [_check(h) for h in inner]
        return lambda value: any(fits(value) for fits in checks)
    if origin is Literal:
        return lambda value: type(value) is str and value in inner
    if origin is tuple:
        return lambda value: type(value) is tuple and all(type(v) is inner[0] for v in value)
    return lambda value: type(value) is hint


def _described(hint: Any) -> str:  # noqa: ANN401 - an annotation can be any object
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(repr, get_args(hint)))
    return getattr(hint, "__name__", str(hint)) if get_origin(hint) is None else str(hint)


def _from_jsonable(value: Any) -> Any:  # noqa: ANN401 - checked when the spec is made
    return tuple(value) if isinstance(value, list) else value


def _jsonable(value: object) -> object:
    if isinstance(value, float):
        return value + 0.0  # there is one zero: 0.0 and -0.0 are the same to a cache, and to a trainer
    return [_jsonable(each) for each in value] if isinstance(value, tuple) else value
