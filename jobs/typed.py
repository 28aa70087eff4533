"""A typed name as the one thing that it means: a run or a submission by its first characters, a study or a task."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from jobs.sweep import SweepError

SHORTEST = 4
"""Characters of an id that are enough: fewer are a slip, or fit another thing tomorrow."""
_MOST_LISTED = 8


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """A thing that has a name."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Kind and name, for a message."""
        return f"{self.kind} {self.name}"


def one(name: str, *, whole: Mapping[str, Collection[str]], ids: Mapping[str, Collection[str]], none: str) -> Named:
    """The one thing that a name means.

    Args:
        name: What was typed.
        whole: Names by kind that must be typed whole.
        ids: Ids by kind, of which the first characters are enough.
        none: What to say after the name if nothing has it.

    Raises:
        SweepError: If the name is empty, means nothing, or means several things, which are listed.
    """
    if not name.strip():
        raise SweepError(f"an empty name {name!r} means nothing: is a variable of your shell unset?")
    fit = {Named(kind, each) for kind, names in whole.items() for each in names if each == name}
    fit |= {Named(kind, each) for kind, names in ids.items() for each in names if each == name}
    if not fit and len(name) < SHORTEST:
        raise SweepError(f"{name!r} {none}; of an id give at least {SHORTEST} characters")
    if len(name) >= SHORTEST:
        fit |= {Named(kind, each) for kind, names in ids.items() for each in names if each.startswith(name)}
    if not fit:
        raise SweepError(f"{name!r} {none}")
    if len(fit) > 1:
        listed = [str(each) for each in sorted(fit)]
        more = [f"{len(listed) - _MOST_LISTED} more"] * (len(listed) > _MOST_LISTED)
        raise SweepError(f"{name!r} fits {len(fit)} things, say which: {', '.join(listed[:_MOST_LISTED] + more)}")
    return fit.pop()
