"""Objects that a run keeps from step to step: what is saved of each, and how it is put back in place."""

import io
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

_PICKLE, _TORCH = b"p", b"t"
_REFUSED = (int, float, complex, str, bytes, tuple, frozenset, type(None), type, ModuleType, FunctionType, MethodType)


class KeepError(TypeError):
    """An object cannot be kept; the message names it and says what can."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One object, and how its state is taken and put back."""

    name: str
    state: Callable[[], Any]
    restore: Callable[[Any], object]


def kept(objects: Mapping[str, Any]) -> list[Kept]:
    """Every object with how it is saved.

    Raises:
        KeepError: If one cannot be saved, or not be restored in place.
    """
    return [_kept(name, each) for name, each in objects.items()]


def packed(content: object) -> bytes:
    """Bytes of what a run keeps; tensors as torch writes them, if it is imported."""
    torch = sys.modules.get("torch")
    if torch is None:
        return _PICKLE + pickle.dumps(content, protocol=5)
    stream = io.BytesIO()
    torch.save(content, stream, pickle_protocol=5)
    return _TORCH + stream.getvalue()


def unpacked(content: bytes) -> Any:  # noqa: ANN401 - what was packed
    """The objects that `packed` was given; tensors of a GPU go to the CPU where there is none."""
    if content[:1] == _PICKLE:
        return pickle.loads(memoryview(content)[1:])  # noqa: S301 - from this output folder's own checkpoints
    import torch  # noqa: PLC0415 - it wrote them

    where = None if torch.cuda.is_available() else "cpu"
    return torch.load(io.BytesIO(content[1:]), weights_only=False, map_location=where)


def _kept(name: str, each: Any) -> Kept:  # noqa: ANN401 - any object
    special = _special(each)
    if special is not None:
        return Kept(name, *special)
    _refuse(name, each)
    state, restore = _container(each) or _object(each)
    try:
        pickle.dumps(state(), protocol=5)
    except Exception as error:  # noqa: BLE001 - an object's own code is called
        raise KeepError(f"`keep`: `{name}` ({_type(each)}) cannot be saved: {error}") from None
    return Kept(name, state, restore)


def _special(each: Any) -> tuple[Callable[[], Any], Callable[[Any], object]] | None:  # noqa: ANN401 - any object
    """Ways of saving objects that say so themselves: modules and optimisers, generators, arrays and tensors."""
    if isinstance(each, type):
        return None
    for state, restore in (("state_dict", "load_state_dict"), ("getstate", "setstate"), ("get_state", "set_state")):
        if hasattr(each, state) and hasattr(each, restore):
            return getattr(each, state), getattr(each, restore)
    if hasattr(each, "bit_generator"):
        return lambda: each.bit_generator.state, lambda state: setattr(each.bit_generator, "state", state)
    if _is_a(each, "torch", "Tensor"):
        return lambda: each.detach().clone(), each.detach().copy_
    if _is_a(each, "numpy", "ndarray"):
        return each.copy, lambda array: each.__setitem__(..., array)
    return None


def _refuse(name: str, each: object) -> None:
    if isinstance(each, _REFUSED):
        raise KeepError(
            f"`keep`: `{name}` is of type {_type(each)}, which cannot be put back in place: keep a dict or list with it"
        )
    if isinstance(each, io.IOBase | Iterator):
        raise KeepError(f"`keep`: `{name}` ({_type(each)}) cannot be saved: open it again, or keep where it stood")
    inside = each.values() if isinstance(each, dict) else each if isinstance(each, list | deque | set) else ()
    inner = next(
        (inner for inner in inside if hasattr(inner, "load_state_dict") or hasattr(inner, "bit_generator")), None
    )
    if inner is not None:
        raise KeepError(f"`keep`: `{name}` holds a {_type(inner)}: give each such object a name of its own in `keep`")


def _container(each: Any) -> tuple[Callable[[], Any], Callable[[Any], object]] | None:  # noqa: ANN401 - any object
    if isinstance(each, dict | set):
        plain = dict if isinstance(each, dict) else set
        return lambda: plain(each), partial(_refill, each, each.update)
    if isinstance(each, list | deque):
        return lambda: list(each), partial(_refill, each, each.extend)
    if isinstance(each, bytearray):
        return lambda: bytes(each), lambda state: each.__setitem__(slice(None), state)
    return None


def _refill(each: Any, fill: Callable[[Any], object], state: object) -> None:  # noqa: ANN401 - any container
    each.clear()
    fill(state)


def _object(each: Any) -> tuple[Callable[[], Any], Callable[[Any], object]]:  # noqa: ANN401 - any object
    return each.__getstate__, lambda state: _set_state(each, state)


def _set_state(each: Any, state: Any) -> None:  # noqa: ANN401 - any object
    """As unpickling does, into an object that is there."""
    if hasattr(each, "__setstate__"):
        each.__setstate__(state)
        return
    fields, slots = state if isinstance(state, tuple) else (state, {})
    getattr(each, "__dict__", {}).clear()
    for name, value in {**(fields or {}), **slots}.items():
        setattr(each, name, value)


def _is_a(each: object, module: str, name: str) -> bool:
    return module in sys.modules and isinstance(each, getattr(sys.modules[module], name))


def _type(each: object) -> str:
    return type(each).__name__
