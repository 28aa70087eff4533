"""Code that travels with a submission: a project's own modules, beside the runner's."""

import importlib.util
import site
import sys
import sysconfig
from pathlib import Path

from jobs.errors import ProjectError
from jobs.origin import Origin
from jobs.rooms import ROOMS


def brought(origin: Origin) -> list[Path]:
    """Packages and files of a project: a whole package, or a file and what it has imported beside it.

    What a notebook defines is in its pickle: only what it has imported beside it is sent along.

    Raises:
        ProjectError: If one has a name that the runner or Python has, or is a folder without an `__init__.py`.
    """
    if origin.kind == "module":
        found = [_top(origin.where.partition(".")[0])]
    elif origin.kind == "file":
        found = [Path(origin.where), *_beside(Path(origin.where))]
    elif origin.kind == "pickle":
        found = _beside(Path(origin.where).absolute())
    else:
        found = []
    for path in found:
        if path.stem in ROOMS or path.stem in sys.stdlib_module_names:
            raise ProjectError(f"{path} has the name of a package that jobs need: rename it")
        if path.is_dir() and not (path / "__init__.py").is_file():
            raise ProjectError(f"{path} cannot be sent along without an __init__.py: add one, an empty file will do")
    return list(dict.fromkeys(found))


def _top(name: str) -> Path:
    """The folder of a package, or the file of a module."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ProjectError(f"{name} has no file that could be sent along: give a package with an __init__.py")
    path = Path(spec.origin)
    return path.parent if path.name == "__init__.py" else path


def _beside(file: Path) -> list[Path]:
    """Modules and packages beside a file that this process has imported."""
    installed = (*site.getsitepackages(), site.getusersitepackages(), sysconfig.get_path("stdlib"))
    libraries = [Path(each).resolve() for each in installed]
    found = []
    for module in list(sys.modules.values()):
        origin = getattr(module, "__file__", None)
        if not origin or file.parent not in Path(origin).parents or Path(origin) == file:
            continue
        if any(library in Path(origin).resolve().parents for library in libraries):
            continue
        top = Path(origin).relative_to(file.parent).parts[0]
        if top not in ROOMS:
            found.append(file.parent / top)
    return found
