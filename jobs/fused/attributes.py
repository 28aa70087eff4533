"""Attributes beside parameters and buffers: a stack has the first run's only, and a `state_dict` none."""

import copy
import hashlib
import pickle
import random
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from jobs.fused.module import Module

_OF_TENSORS = frozenset({"_parameters", "_buffers", "_modules", "training"})
_OF_THE_RUN = "self"
_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_SHOWN = (*_PLAIN, torch.dtype, torch.device, type, range, slice)

Call = Callable[[nn.Module, Module], None]


@dataclass(frozen=True)
class Hidden:
    """Attributes on which a step depends, though they are neither parameters nor buffers."""

    changing: tuple[str, ...] = ()
    """Those that steps change, as `layer.name`; of the run itself as `self.name`."""
    why: str = ""
    """The reason for which runs cannot share a stack; empty if they can."""


def hidden(model: nn.Module, run: Module, others: Iterable[nn.Module], call: Call) -> Hidden:
    """Attributes on which a call depends beside its tensors: it changes them, or another seed has others.

    An attribute that is written before it is read, in every call, decides nothing.

    Args:
        model: The network of a run.
        run: The run.
        others: Networks of runs that could share its stack.
        call: A few steps without an optimiser. It is given copies.
    """
    one, own = copy.deepcopy(model), _copied(run)
    before, of_run = _digests(one), _digests_of(own)
    call(one, own)
    of_run = {name: digest for name, digest in _digests_of(own).items() if of_run.get(name) != digest}
    changed = {name for name in _different(before, _digests(one)) if not callable(_value(one, name))}
    other = {name for each in others for name in _different(before, _digests(each))}
    read = _read_first(copy.deepcopy(model), run, changed | other, call) if changed | other else set[str]()
    changing = sorted(changed & read) + sorted(f"{_OF_THE_RUN}.{name}" for name in of_run)
    if changing:
        kept = tuple(name for name in changing if "_hooks" not in name)  # what functions note, nothing can keep
        return Hidden(kept, f"`{changing[0]}` changes in a step and is no buffer")
    differing = sorted(other & read)
    return Hidden((), f"`{differing[0]}` follows from the seed and is no buffer" if differing else "")


def kept(model: nn.Module, run: Module, names: Iterable[str]) -> dict[str, Any]:
    """These attributes, for a checkpoint.

    Raises:
        TypeError: If one is not made of numbers, texts and tensors.
    """
    found = {}
    for name in names:
        owner, attribute = _place(model, run, name)
        if hasattr(owner, attribute):
            found[name] = _plain(getattr(owner, attribute), name)
    return found


def put_back(model: nn.Module, run: Module, values: Mapping[str, Any]) -> None:
    """Set attributes as `kept` gave them."""
    for name, value in values.items():
        setattr(*_place(model, run, name), copy.deepcopy(value))


def _value(model: nn.Module, name: str) -> object:
    """An attribute by `layer.name`; None where it is no more."""
    of, _, attribute = name.rpartition(".")
    return vars(dict(model.named_modules())[of]).get(attribute)


def _place(model: nn.Module, run: Module, name: str) -> tuple[object, str]:
    of, _, attribute = name.rpartition(".")
    return (run if of == _OF_THE_RUN else model.get_submodule(of)), attribute


def _plain(value: object, name: str) -> object:
    if isinstance(value, Tensor):
        return value.detach().clone()
    if type(value) in {list, tuple}:
        return type(value)(_plain(each, name) for each in value)  # type: ignore[call-arg, attr-defined]  # one of the two
    if type(value) is dict:
        return {key: _plain(each, name) for key, each in value.items()}
    if isinstance(value, _PLAIN):
        return value
    raise TypeError(
        f"`{name}` changes in a step, and a checkpoint holds numbers, texts and tensors, not a {type(value).__name__}: "
        "a run that is stopped could not continue"
    )


def _copied(run: Module) -> Module:
    with suppress(Exception):  # it may keep what cannot be copied
        return copy.deepcopy(run)
    return copy.copy(run)


def _different(some: Mapping[str, str], others: Mapping[str, str]) -> set[str]:
    return {name for name in some.keys() | others.keys() if some.get(name) != others.get(name)}


def _read_first(model: nn.Module, run: Module, names: set[str], call: Call) -> set[str]:
    """Which of these attributes of modules a call reads before it has written them."""
    read, written = set[str](), set[str]()
    for of, module in model.named_modules():
        watched = {name.rpartition(".")[2]: name for name in names if name.rpartition(".")[0] == of}
        if watched:
            with suppress(TypeError):  # of a kind whose objects have their own layout
                _watch(module, watched, read, written)
    try:
        call(model, _copied(run))
    except Exception:  # noqa: BLE001 - some look at their own class: they may depend on anything
        return names
    return read


def _watch(module: nn.Module, names: Mapping[str, str], read: set[str], written: set[str]) -> None:
    kind: Any = type(module)

    def look(self: object, name: str) -> Any:  # noqa: ANN401 - an attribute can be of any type
        if name in names and names[name] not in written:
            read.add(names[name])
        return kind.__getattribute__(self, name)

    def put(self: object, name: str, value: object) -> None:
        if name in names:
            written.add(names[name])
        kind.__setattr__(self, name, value)

    body = {"__getattribute__": look, "__setattr__": put, "__module__": kind.__module__}
    module.__class__ = type(kind.__name__, (kind,), body)


def _digests(model: nn.Module) -> dict[str, str]:
    """A digest of every attribute of every module that no state of the network has."""
    known: dict[int, str] = {id(t): f"tensor {name}" for name, t in (*model.named_parameters(), *model.named_buffers())}
    known |= {id(module): f"module {name}" for name, module in model.named_modules()}
    return {
        f"{of}.{name}" if of else name: _digest(list(value.values()) if "_hooks" in name else value, dict(known))
        for of, module in model.named_modules()
        for name, value in vars(module).items()
        if name not in _OF_TENSORS
    }


def _digests_of(run: Module) -> dict[str, str]:
    return {name: _digest(value, {}) for name, value in vars(run).items()}


def _digest(value: object, known: dict[int, str]) -> str:
    try:
        told = _told(value, known)
    except RecursionError:  # a long chain of objects
        told = type(value).__qualname__
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _told(value: Any, known: dict[int, str]) -> Hashable:  # noqa: ANN401, PLR0911 - every type that there is
    """Equal for values that do the same; `known` are objects that were met, by their addresses."""
    if isinstance(value, _SHOWN):
        return type(value).__name__, repr(value)
    if id(value) in known:
        return known[id(value)]
    known[id(value)] = f"number {len(known)}"
    if isinstance(value, Tensor):
        return str(value.dtype), tuple(value.shape), _bytes(value)
    if isinstance(value, Mapping):
        return tuple((repr(key), _told(each, known)) for key, each in value.items())
    if isinstance(value, list | tuple | deque):
        return tuple(_told(each, known) for each in value)
    if isinstance(value, MethodType):
        return _told(value.__func__, known), _told(value.__self__, known)
    if isinstance(value, FunctionType):
        return value.__qualname__, value.__code__.co_code, *(_told(each, known) for each in _inside(value))
    return type(value).__qualname__, *(_told(each, known) for each in _parts(value))


def _inside(function: FunctionType) -> Iterator[object]:
    yield function.__defaults__
    yield function.__kwdefaults__
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # one that is still empty
            yield cell.cell_contents


def _bytes(value: Tensor) -> bytes:
    with suppress(Exception):  # one without storage, or of a layout that has no bytes
        flat = value.detach().cpu().contiguous().reshape(-1)
        return hashlib.sha256(flat.view(torch.uint8).numpy().tobytes()).digest()
    return b""


def _parts(value: Any) -> Iterator[object]:  # noqa: ANN401 - likewise
    """Values that decide what an object does, as far as that can be seen."""
    if isinstance(value, torch.Generator):
        yield value.get_state().numpy().tobytes()
    elif isinstance(value, random.Random | np.random.Generator | np.random.RandomState) or not hasattr(
        value, "__dict__"
    ):
        with suppress(Exception):  # what cannot be pickled is told by its type
            yield pickle.dumps(value)
    else:
        yield vars(value)
