"""Names of the runner's packages, and what of other people's hides one of them."""

from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

ROOMS = ("jobs", "slurm", "results", "analysis")
RESERVED = frozenset({*ROOMS, "hw1"})
"""Names that no project's own file or package may have."""


def hiding() -> str:
    """A sentence on the file or folder that Python finds instead of one of our packages; empty if there is none."""
    ours = Path(__file__).parents[1]
    for room in ROOMS:
        spec = find_spec(room)
        if spec is None:
            continue
        place = Path(next(iter(spec.submodule_search_locations or ()), spec.origin or ""))
        if place.resolve() != (ours / room).resolve():
            return taken(place)
    return ""


def taken(place: Path) -> str:
    """The sentence on a file or folder whose name is one of ours.

    >>> taken(Path("/home/me/jobs.py"))
    '/home/me/jobs.py has the name of a package of hw1, `jobs`: rename it, or take its folder off PYTHONPATH'
    """
    return f"{place} has the name of a package of hw1, `{place.stem}`: rename it, or take its folder off PYTHONPATH"


def mistaken(error: BaseException, folder: str) -> str:
    """A sentence on a module in the folder that a file there wanted to import and got ours instead; else empty."""
    name = error.name if isinstance(error, ImportError) else None
    if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        name = error.obj.__name__
    return _got_ours((name or "").partition(".")[0], folder)


def confused(module: ModuleType, folder: str) -> str:
    """The same on a module that the file has imported without an error; `jobs` itself is what it should import."""
    names = {value.__name__ for value in vars(module).values() if isinstance(value, ModuleType)} - {"jobs"}
    return next(filter(None, (_got_ours(name, folder) for name in sorted(names))), "")


def _got_ours(name: str, folder: str) -> str:
    if name not in RESERVED or not folder:
        return ""
    spec = find_spec(name)
    for place in (Path(folder, f"{name}.py"), Path(folder, name, "__init__.py")):
        if spec is not None and place.exists() and spec.origin != str(place):
            return f"`{name}` is a package of hw1, which is imported instead of {place}: rename that"
    return ""
