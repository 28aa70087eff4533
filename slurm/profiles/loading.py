"""Finds profiles, and puts one together: from what it extends, the environment, the command line."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from results.plain import plain
from slurm.profiles.flags import FIELDS, closest
from slurm.profiles.mistakes import mistakes, refusal, shown, unknown_field
from slurm.profiles.profile import Profile, ProfileError
from slurm.profiles.reading import Layer, Values, merged, read

_MAX_EXTENDED = 8
_HOME = "~/.config/hw1/profiles"

_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "partition": ("SBATCH_PARTITION", "SLURM_PARTITION"),
    "account": ("SBATCH_ACCOUNT", "SLURM_ACCOUNT"),
    "qos": ("SBATCH_QOS",),
    "constraint": ("SBATCH_CONSTRAINT",),
    "reservation": ("SBATCH_RESERVATION",),
    "cluster": ("SBATCH_CLUSTERS", "SLURM_CLUSTERS"),
}
"""Variables by which a user or a site tells sbatch, or else srun, what a profile leaves empty."""


def where() -> Path | None:
    """The folder of the user's own profiles; None for a user without a home folder."""
    try:
        return Path(_HOME).expanduser()
    except RuntimeError:
        return None


def places() -> str:
    """Folder of a user's own profiles, as a sentence."""
    own = where()
    if own is None:
        return f"your own would be files {_HOME}/NAME.toml, but you have no home folder: set $HOME, or give a file"
    return f"your own are files {plain(str(own))}/NAME.toml"


def names() -> dict[str, Path]:
    """Every profile there is and its file; the user's own hide those of the package.

    Raises:
        ProfileError: If the folder of the user's own cannot be read.
    """
    return {name: files[0] for name, files in sorted(_found().items())}


def load(name_or_path: str, changes: Sequence[str] = ()) -> Profile:
    """Read and check a profile.

    Args:
        name_or_path: A name of `names`; or, with a slash or ending in ``.toml``, a file.
        changes: Options of sbatch that count instead of the profile's, as ``NAME=VALUE`` or ``NAME``.

    Raises:
        ProfileError: If there is none, or it cannot be read, or with all its mistakes.
    """
    path = _file(name_or_path)
    if path is None:
        found = names()
        known = f"{', '.join(found)}, got {shown(name_or_path)}{closest(name_or_path, found)}"
        raise ProfileError(f"profile must be a file or one of {known}; {places()}")
    layers = _chain(path)
    layers += _environment(merged(layers)[0])
    layers += [_change(change) for change in changes]
    values, sources = merged(layers)
    own = next(layer for layer in layers if not layer.place)
    reserved = [unknown_field((name,), values) for name in ("name", "origin", "sources") if name in values]
    elsewhere = {name: place for name, place in sources.items() if place}
    hidden = {"name": path.stem, "origin": path, "sources": elsewhere}
    wrong = reserved
    try:
        profile = Profile.model_validate({**values, "extends": own.values.get("extends", ""), **hidden})
    except ValidationError as error:
        wrong = [*reserved, *mistakes(error, values, sources)]
    if wrong:
        raise refusal(path, wrong)
    return profile


def _found() -> dict[str, list[Path]]:
    """The files of every name, the user's own before the package's. Names with a dot in front are nobody's."""
    files: dict[str, list[Path]] = {}
    for folder in (where(), Path(__file__).parent):
        try:
            entries = sorted(folder.iterdir()) if folder is not None else []
        except FileNotFoundError:
            continue
        except OSError as error:
            reason = f"must be a folder to read, got: {error.strerror}: mend it, set $HOME, or give a file"
            raise ProfileError(f"profile folder {plain(str(folder))} {reason}") from None
        for entry in entries:
            if entry.suffix == ".toml" and not entry.name.startswith(".") and entry.name.isprintable():
                files.setdefault(entry.stem, []).append(entry)
    return files


def _file(name_or_path: str, chain: Sequence[Path] = ()) -> Path | None:
    """The file that is meant; None if there is none of the name, or all of the name are in the chain already."""
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        return (chain[-1].parent if chain else Path()) / name_or_path
    files = _found().get(name_or_path, [])
    return next((file for file in files if not any(_is_same(file, before) for before in chain)), None)


def _chain(path: Path) -> list[Layer]:
    """The values of a file and of those that it extends, the last one first."""
    chain = [path]
    layers = [Layer("", read(path))]
    while base := layers[0].values.get("extends"):
        after = _file(base, chain) if isinstance(base, str) and base.isprintable() else None
        if after is None:
            problem = f"extends: must be a file or another one of {', '.join(names())}, got {shown(base)}"
            raise refusal(chain[-1], [problem])
        if any(_is_same(after, before) for before in chain):
            raise ProfileError(f"profile {plain(str(path))} must not extend itself, got {_arrows([*chain, after])}")
        chain.append(after)
        if len(chain) > _MAX_EXTENDED:
            raise ProfileError(
                f"profile {plain(str(path))} must extend fewer than {_MAX_EXTENDED} others, one by the other"
            )
        layers.insert(0, Layer(f"in {plain(str(after))}", read(after)))
    return layers


def _is_same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _arrows(chain: Sequence[Path]) -> str:
    return " → ".join(plain(str(path)) for path in chain)


def _environment(values: Values) -> list[Layer]:
    """Values that the profile leaves empty and the user's environment has."""
    layers = []
    for field, variables in _VARIABLES.items():
        variable = next((name for name in variables if os.environ.get(name)), None)
        if variable is not None and not values.get(field):
            layers.append(Layer(f"from ${variable}", {field: os.environ[variable]}))
    return layers


def _change(text: str) -> Layer:
    name, given, value = text.partition("=")
    said: str | bool = value if given else True
    values = {FIELDS[name]: said} if name in FIELDS else {"sbatch": {name: said}}
    return Layer(f"from --sbatch {plain(text)}", values)
