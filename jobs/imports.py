"""Finds a project by a name, and imports it: here, and again in every worker."""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from jobs.errors import ProjectError, located
from jobs.origin import Origin
from jobs.project import Project
from jobs.rooms import RESERVED, ROOMS, confused, mistaken
from jobs.study import Study

GROUP = "hw1.projects"
"""The entry points by which an installed package offers its project."""
DEFAULT = "hw1"
_TEXTS = WeakKeyDictionary[ModuleType, bytes]()
"""Of modules that were imported from a file, what that said."""


def is_path(name: str) -> bool:
    """True if a project's name is that of a file or folder, not of a module."""
    return name.endswith(".py") or "/" in name


def found(name: str, folder: Path | None = None) -> Origin:
    """The origin that a name stands for: a file, a package or module, or an installed project's name.

    Args:
        name: As it was typed.
        folder: Where a module may lie that is not installed; else the current folder.

    Raises:
        ProjectError: If it is none of these.
    """
    if is_path(name):
        path = Path(name).expanduser().absolute()
        if path.stem in RESERVED and path.exists():
            raise ProjectError(f"{path} has the name of a package of hw1, `{path.stem}`: rename it")
        if path.is_dir() and (path / "__init__.py").is_file():
            _importable(path.parent)
            return Origin(kind="module", where=path.name, folder=str(path.parent))
        if not path.is_file():
            raise ProjectError(
                f"there is no project {path}: give a Python file, a package or an installed project's name"
            )
        return Origin(kind="file", where=str(path))
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if name in offered:
        return Origin(kind="module", where=offered[name].module)
    if name in RESERVED:
        raise ProjectError(f"`{name}` is a package of hw1, not a project: rename yours, if you mean one of your own")
    beside = folder or Path.cwd()
    _importable(beside)
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.submodule_search_locations and importlib.util.find_spec(f"{name}.project"):
        name = f"{name}.project"
    if spec is None:
        known = ", ".join(sorted(offered)) or "none"
        raise ProjectError(f"there is no project {name!r}: give a file (`-p digits.py`), a package, or one of {known}")
    return Origin(kind="module", where=name, folder=str(beside))


def load(origin: Origin) -> Project:
    """The project of an origin.

    Raises:
        ProjectError: If it raises when it is imported, or holds none; says where.
    """
    had_torch = "torch" in sys.modules
    try:
        return replace(_made(origin), origin=origin, imports_torch=not had_torch and "torch" in sys.modules)
    except (ProjectError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        said = mistaken(error, _folder(origin)) or located(error)
        said += _of_package(Path(origin.where)) if origin.kind == "file" and isinstance(error, ImportError) else ""
        raise ProjectError(f"{origin.where} cannot be imported: {said}") from error


def project_of(name: str, folder: Path | None = None) -> Project:
    """The project of a name; of a module in this folder, or else the current one, if it is not installed.

    Raises:
        ProjectError: If there is none, or it raises when it is imported; says where.
    """
    return load(found(name, folder))


def _made(origin: Origin) -> Project:
    if origin.folder:
        _importable(Path(origin.folder))
    if origin.kind == "pickle":
        import cloudpickle  # noqa: PLC0415 - only for notebooks

        project: Project = cloudpickle.loads(origin.content)
        return project
    if origin.kind == "none":
        raise ProjectError("this project was made by hand: give `origin`, or load it by name with `jobs.project_of`")
    is_file = origin.kind == "file"
    module = _file_module(Path(origin.where)) if is_file else importlib.import_module(origin.where)
    if said := confused(module, _folder(origin)):
        raise ProjectError(f"{origin.where}: {said}")
    return project_in(module)


def _of_package(file: Path) -> str:
    """A remedy for a file that imports what is beside it as a part of a package; empty if it is in none."""
    names, folder = [file.stem] * (file.stem != "__init__"), file.parent
    while (folder / "__init__.py").is_file():
        names, folder = [folder.name, *names], folder.parent
    return f"; it is part of a package: in {folder}, `-p {'.'.join(names)}`" if folder != file.parent else ""


def _folder(origin: Origin) -> str:
    """Folder of the modules that the project imports as its own; empty if they are installed."""
    return str(Path(origin.where).parent) if origin.kind == "file" else origin.folder


def project_in(module: ModuleType) -> Project:
    """The project of a module: the one that it defines, or else its studies.

    Raises:
        ProjectError: If it has none, or several projects.
    """
    values = list(vars(module).values())
    projects = [value for value in values if isinstance(value, Project)]
    if len(projects) == 1:
        return projects[0]
    if projects:
        raise ProjectError(f"{module.__name__} has {len(projects)} projects: give it one `Project`")
    found = [getattr(value, "study", value) for value in values if _is_study(value)]
    studies = tuple(dict.fromkeys(each for study in found for each in _with_earlier(study)))
    if not studies:
        where = getattr(module, "__file__", None) or module.__name__
        raise ProjectError(f"{where} has no study: decorate a function with `@study(runs=…)`")
    if module.__name__ == "__main__":  # its docstring may be IPython's
        return Project(name="notebook", title="notebook", studies=studies)
    name = module.__name__.rpartition(".")[2]
    title = next(iter((module.__doc__ or "").strip().splitlines()), "") or name
    return Project(name=name, title=title, studies=studies)


def _with_earlier(study: Study) -> list[Study]:
    """The studies that a study comes after, which another module may hold, and the study."""
    return [*(each for other in study.after for each in _with_earlier(other)), study]


def _is_study(value: object) -> bool:
    return isinstance(value, Study) or isinstance(getattr(value, "study", None), Study)


class _Text(SourceFileLoader):
    """Compiles what the file says now: kept bytecode knows its file by length and second, as two edits may share."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        raise OSError(f"no bytecode is kept of {path}")


def _file_module(path: Path) -> ModuleType:
    """The module in a file, imported under its own name, once a process and text: in a notebook files are edited."""
    _importable(path.parent)
    name, other = path.stem, f"project_{path.stem}" if path.stem.isidentifier() else "project"
    text = path.read_bytes()
    for known in (name, other):
        there = sys.modules.get(known)
        if there is not None and getattr(there, "__file__", None) == str(path):
            if _TEXTS.get(there, text) == text:  # or it was imported otherwise
                return there
            del sys.modules[known]
    if name in sys.modules or not name.isidentifier() or name in sys.stdlib_module_names:
        name = other
    if path.suffix != ".py":
        raise ProjectError(f"{path} is no Python file")
    loader = _Text(name, str(path))
    spec = ModuleSpec(name, loader, origin=str(path))
    spec.has_location = True
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _TEXTS[module] = text
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _importable(folder: Path) -> None:
    """Let what lies beside a project be imported, after everything that is installed, and after our packages."""
    for room in ROOMS:  # of an editable installation they would be found last
        importlib.import_module(room)
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
