"""Fields that a study's methods read: runs that differ in others, or in their seed, may share a stack."""

from collections.abc import Iterator
from dataclasses import fields
from types import CodeType
from typing import Any

from jobs.fused.module import Module

_OF_A_LANE = frozenset({"optimizer", "schedule", "stop"})
"""Methods that are called for each run: what they read may differ within a stack."""
_ALWAYS = frozenset({"epochs", "batch"})


def shared_fields(kind: type[Module], names: frozenset[str]) -> frozenset[str]:
    """The fields in which all runs of a stack are equal: those that its network, data, loss or measures may read.

    By the names in the methods' code, hence rather too many than too few; see `alike` for what this cannot see.
    """
    read = {name for code in _codes(kind) for name in _names(code)}
    return (names & read - {"seed", "clip"}) | (_ALWAYS & names)


def alike(run: Module, shared: frozenset[str]) -> Module:
    """Stands for `self` in `loss` and `measure` of a stack: a run of which they can read the shared fields alone."""
    own, kind = frozenset(vars(run)) & frozenset(each.name for each in fields(run)) - shared, type(run)

    def look(self: object, name: str) -> Any:  # noqa: ANN401 - a field can be of any type
        if name in own:
            raise AttributeError(f"`self.{name}` may differ from run to run of a stack")
        return object.__getattribute__(self, name)

    made: Module = object.__new__(
        type(kind.__name__, (kind,), {"__getattribute__": look, "__module__": kind.__module__})
    )
    made.__dict__.update(vars(run))
    return made


def _codes(kind: type[Module]) -> Iterator[CodeType]:
    for base in kind.__mro__[: kind.__mro__.index(Module)]:
        for name, value in vars(base).items():
            if name not in _OF_A_LANE and not name.startswith("__"):
                inner = getattr(value, "fget", None) or getattr(value, "func", None) or value
                code = getattr(inner, "__code__", None) or getattr(
                    getattr(inner, "__wrapped__", getattr(inner, "__func__", None)), "__code__", None
                )
                if code is not None:
                    yield code


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)
