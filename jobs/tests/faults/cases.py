"""One mutation: the folder copied, a file of it damaged, every command typed, and what came of it judged."""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random

from jobs.tests.faults import commands, damage, judging
from jobs.tests.faults.sample import ALL, Sample

LOOKING = ("list --json", "status", "plan", "plan --script --profile", "logs", "profiles")
STEERING = ("cancel --all --yes", "retry", "clean")
SLOW = ("report", "submit --local")
_LIMIT_S, _SLOW_LIMIT_S = 120.0, 600.0  # a busy machine may stand still for half a minute


@dataclass(frozen=True, kw_only=True)
class Result:
    """Endings of the commands of one mutation, and what is wrong, a line each."""

    file_kind: str
    ends: Counter[str]
    faults: list[str]


@dataclass(frozen=True)
class Case:
    """A mutation, drawn from its seed and number alone."""

    sample: Sample
    targets: dict[str, list[Path]]
    """Paths below the output folder by kind; none is the profile."""
    place: Path
    seed: int
    number: int
    slow: float

    def rng(self, what: str) -> Random:
        """A generator of its own for everything that is drawn."""
        return Random(f"{self.seed}-{self.number}-{what}")

    @cached_property
    def steps(self) -> list[Sequence[str]]:
        """Commands that are typed one after the other, each of these into a new copy."""
        slow = [command for command in SLOW if self.rng(command).random() < self.slow]
        return [LOOKING, STEERING, *([command] for command in ("collect", *slow))]

    @property
    def file_kind(self) -> str:
        """What kind of file is damaged: all kinds in turn, in an order that the seed draws."""
        kinds = Random(self.seed).sample(sorted(self.targets), len(self.targets))
        return kinds[self.number % len(kinds)]


@dataclass
class Copy:
    """The folder with its damage."""

    case: Case
    place: Path
    what: str = ""
    damaged: set[Path] = field(default_factory=set)
    """Paths below the folder."""

    @property
    def out(self) -> Path:
        """The output folder."""
        return self.place / "out"

    @property
    def profile(self) -> Path:
        """The profile."""
        return self.place / "profile.toml"

    @property
    def said(self) -> Path:
        """Where what its commands print goes."""
        (found := self.case.place / f"said-{os.getpid()}").mkdir(exist_ok=True)
        return found

    @property
    def own(self) -> set[str]:
        """The runs that the damaged files, or the files in the damaged folders, have rows of."""
        files = self.case.sample.own.items()
        return {i for path, ids in files if self.damaged.intersection((path, *path.parents)) for i in ids}


def kinds(out: Path) -> dict[str, list[Path]]:
    """The paths below an output folder by kind, and the profile's own kind."""
    found: dict[str, list[Path]] = {"profile": [Path()]}
    for folder, folders, names in sorted(os.walk(out)):
        for name in sorted([*folders, *names]):
            path = Path(folder, name).relative_to(out)
            found.setdefault(_kind_of(path, is_folder=name in folders), []).append(path)
    return found


def _kind_of(path: Path, *, is_folder: bool) -> str:
    """What kind of file a path is: names that are drawn or counted are left out."""
    if path.parts[0] == "code" and len(path.parts) > 2:
        return "code/…/" if is_folder else "code/…"
    parts = [
        re.sub(r"[0-9a-f]{16}.*?(?=\.|$)|.*\d{8}T\d{6}.*?(?=\.|$)|\d{3,}.*?(?=_log|\.|$)", "…", p) for p in path.parts
    ]
    if path.parts[0] == "report" and not is_folder:
        parts[-1] = f"….{path.name.rpartition('.')[2]}"
    return "/".join(parts) + "/" * is_folder


def run(case: Case, *, show: bool = False) -> Result:
    """Damage a file, type every command, and judge."""
    ends, faults = Counter[str](), list[str]()
    for step in case.steps:
        copy = _damaged(case)
        for end, command, why in _typed(copy, step, show=show):
            ends[end] += 1
            if end in judging.FAULTS:
                again = f"--seed {case.seed} --case {case.number}"
                faults.append(f"{end} | {copy.what} | hw1 {command} | {why} | {again}")
    remove(case.place / f"case-{os.getpid()}")
    return Result(file_kind=case.file_kind, ends=ends, faults=faults)


def _damaged(case: Case) -> Copy:
    """A new copy with the case's damage."""
    copy = Copy(case, case.place / f"case-{os.getpid()}")
    remove(copy.place)
    copy.place.mkdir()
    shutil.copyfile(case.sample.profile, copy.profile)
    shutil.copytree(case.sample.out, copy.out, symlinks=True, ignore=shutil.ignore_patterns("code"))
    shutil.copytree(case.sample.out / "code", copy.out / "code", copy_function=os.link)  # nobody writes into these
    rng = case.rng("damage")
    path = rng.choice(case.targets[case.file_kind])
    target = copy.out / path if path.parts else copy.profile
    if path.parts[:1] == ("code",) and target.is_file():
        own = target.read_bytes()
        target.unlink()
        target.write_bytes(own)
    copy.damaged.update([path] * bool(path.parts))
    kind = _harmed(copy, target, path, rng)
    copy.what = f"{path if path.parts else 'profile'}: {kind}"
    return copy


def _harmed(copy: Copy, target: Path, path: Path, rng: Random) -> str:
    """Do the damage, and say what it is."""
    possible = [*damage.applicable(target, root=not os.geteuid())]
    before = copy.case.sample.older / path
    others = [other for other in copy.case.targets[copy.case.file_kind] if other != path]
    if path.parts and target.is_file():
        possible += ["older"] * before.is_file() + ["swapped"] * bool(others)
    kind = rng.choice(possible)
    if kind == "older":
        shutil.copyfile(before, target)
    elif kind == "swapped":
        copy.damaged.add(other := rng.choice(others))
        damage.swapped(target, copy.out / other)
    else:
        damage.do(kind, target, rng)
        if kind == "forbid the folder":
            copy.damaged.add(path.parent)
    return kind


def _arguments(copy: Copy, command: str) -> list[str]:
    words = command.split()
    if words[0] == "profiles":
        return [*words, str(copy.profile)]
    if words[-1] == "--profile":
        words.append(str(copy.profile))
    if words[0] == "logs":
        words.append(min(copy.case.sample.done)[:6])
    sweep = () if words[0] in {"logs", "cancel", "clean"} else ALL
    return [*words, *sweep, "--out", str(copy.out)]


def _typed(copy: Copy, step: Sequence[str], *, show: bool) -> Iterator[tuple[str, str, str]]:
    """How each command ended, which one it was, and why; then what it left."""
    looks = step is LOOKING
    before = judging.tree(copy.out) if looks else {}
    for command in step:
        found = commands.hw1(
            _arguments(copy, command), into=copy.said, limit_s=_SLOW_LIMIT_S if command in SLOW else _LIMIT_S
        )
        if show:
            print(f"{copy.what}\n$ hw1 {command} → {found.code} in {found.seconds:.1f} s\n{found.stdout}{found.stderr}")
        end, why = judging.ended(found)
        yield end, command, why
        if command == "list --json" and end == "well":
            yield from ((end, command, why) for end, why in judging.listed(found.stdout, copy.case.sample, copy.own))
    if looks:
        after = judging.tree(copy.out)
        differs = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        if differs:
            yield "changed", "|".join(step), f"looking changed {', '.join(differs[:5])}"
    else:
        yield from _left(copy, "|".join(step))


def _left(copy: Copy, command: str) -> Iterator[tuple[str, str, str]]:
    """What is wrong in the store, which is read by a process of its own."""

    def look() -> None:
        for end, why in judging.stored(copy.out, copy.case.sample, copy.own):
            print(f"{end} {why}")

    found = commands.forked(look, into=copy.said, limit_s=_LIMIT_S)
    for line in found.stdout.splitlines():
        end, _, why = line.partition(" ")
        yield end, command, why
    if found.code:  # what cannot be read is there still, once the file is put back
        _restore(copy)
        found = commands.forked(look, into=copy.said, limit_s=_LIMIT_S)
        for line in found.stdout.splitlines():
            end, _, why = line.partition(" ")
            yield end, command, f"once the file was put back: {why}"
        if found.code:
            yield "lost", command, f"the store cannot be read when the file is put back: {found.stderr[-150:]!r}"


def _restore(copy: Copy) -> None:
    for path in copy.damaged:
        target, whole = copy.out / path, copy.case.sample.out / path
        target.parent.chmod(0o755)
        if whole.is_dir() and target.is_dir() and not target.is_symlink():
            target.chmod(0o755)
        elif whole.is_dir():
            target.unlink(missing_ok=True)
            shutil.copytree(whole, target, symlinks=True)
        else:
            shutil.rmtree(target) if target.is_dir() and not target.is_symlink() else target.unlink(missing_ok=True)
            shutil.copy2(whole, target)


def remove(place: Path) -> None:
    """Remove a folder, whatever its permissions have become."""
    if place.exists():
        place.chmod(0o700)
    for folder, names, _ in os.walk(place):
        for name in names:
            if not (found := Path(folder, name)).is_symlink():
                found.chmod(0o700)
    shutil.rmtree(place, ignore_errors=True)
