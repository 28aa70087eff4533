"""Power cuts while a submission is written: what was not synced is lost, and the same command is typed again.

python -m jobs.tests.faults.power               the folder as it may be after a power cut at each write of the submitter
python -m jobs.tests.faults.power --every 20    at every 20th of them, and at all once Slurm has jobs

Two disks are tried: one that keeps names at once and content only where it was synced, as journaling file systems do,
and one that keeps names too only where their folder was synced. Slurm goes on with what it has taken.
"""

import argparse
import json
import os
import pickle
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jobs.tests.faults import commands
from jobs.tests.projects import walks
from jobs.tests.site import Site
from slurm.ledger import DamagedLedgerError
from slurm.ledgers import submissions

RUNS = ("--study", "leap", "--set", "seed=0,1,2,3")
_COPYING = ".snapshot-"
_COPIES = 40
"""Of the writes that copy the code only every so many."""
Tree = dict[str, bytes | None]
"""Content by path below the output folder; None for folders."""


@dataclass
class Disk:
    """What a power cut would leave of a folder, noted at each write below it."""

    out: Path
    n_taken: Callable[[], int]
    """Jobs that Slurm has."""
    states: dict[tuple[int, bytes], Tree] = field(default_factory=dict)
    _content: dict[int, bytes] = field(default_factory=dict)
    _names: dict[int, set[str]] = field(default_factory=dict)
    _held: list[int] = field(default_factory=list)
    """Open files: the system gives no number of theirs to another one."""
    _n_copies: int = 0

    def watch(self) -> None:
        """Note every write of this process from now on; for a process that does nothing else."""
        sync = os.fsync

        def fsync(of: int) -> None:
            sync(of)
            self._synced(Path(f"/proc/self/fd/{of}").readlink())

        os.fsync = fsync
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[object, ...]) -> None:
        """Note the state before a call that changes something."""
        if event not in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "subprocess.Popen"}:
            return
        at = "" if event == "subprocess.Popen" else str(arguments[0])
        writes = event != "open" or int(arguments[2]) & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)  # type: ignore[call-overload]
        if writes and (not at or Path(at).is_relative_to(self.out)):
            self._n_copies += _COPYING in at
            if _COPYING not in at or self._n_copies % _COPIES == 0:
                self.note()

    def _synced(self, path: Path) -> None:
        if not path.is_relative_to(self.out):
            return
        self._held.append(os.open(path, os.O_RDONLY))
        number = path.stat().st_ino
        if path.is_dir():
            self._names[number] = {each.name for each in path.iterdir()}
        else:
            self._content[number] = path.read_bytes()
        self.note()

    def note(self) -> None:
        """Note what a power cut would leave now, of either disk."""
        if not self.out.is_dir():
            return
        for all_names in (True, False):
            tree = dict(self._kept(self.out, all_names=all_names))
            self.states.setdefault((self.n_taken(), pickle.dumps(sorted(tree.items()))), tree)

    def _kept(self, folder: Path, *, all_names: bool) -> Iterator[tuple[str, bytes | None]]:
        for path in sorted(folder.iterdir()):
            found = path.lstat()
            if not all_names and path.name not in self._names.get(folder.stat().st_ino, ()):
                continue
            name = str(path.relative_to(self.out))
            if stat.S_ISDIR(found.st_mode):
                yield name, None
                yield from self._kept(path, all_names=all_names)
            else:
                yield name, self._content.get(found.st_ino, b"")


def typed(site: Site) -> None:
    """Turn this process into the command."""
    os.environ["PATH"] = f"{site.bin}:{os.environ['PATH']}"
    profile = ("--profile", str(site.profile), "--workers", "2")
    commands.type_here(["-p", str(walks.__file__), "submit", *profile, *RUNS, "--out", str(site.out)])


def recorded(place: Path) -> tuple[list[tuple[int, Tree]], dict[str, str]]:
    """Jobs taken and the folder's state after every power cut that differs, in their order; and all jobs' scripts."""
    site, found = Site(place), place / "states"
    site.out.mkdir()

    def act() -> None:
        disk = Disk(site.out, n_taken=lambda: len(list(site.queue.iterdir())))
        disk.watch()
        try:
            typed(site)
        finally:
            disk.note()
            found.write_bytes(pickle.dumps([(n, tree) for (n, _), tree in disk.states.items()]))

    ended = commands.forked(act, into=place, limit_s=300)
    if ended.code:
        raise RuntimeError(f"without any fault: {ended}")
    states: list[tuple[int, Tree]] = pickle.loads(found.read_bytes())  # noqa: S301 - written above
    return states, {job.name: job.read_text() for job in site.queue.iterdir()}


def faults(place: Path, n_taken: int, tree: Tree, jobs: Mapping[str, str]) -> list[str]:
    """What is wrong after the same command was typed in such a folder, a line each."""
    site = Site(place)
    for name in sorted(jobs, key=lambda name: int(Path(name).stem))[:n_taken]:
        (site.queue / name).write_text(jobs[name])
    site.out.mkdir()
    for name, content in tree.items():
        path = site.out / name
        path.mkdir(mode=0o700) if content is None else path.write_bytes(content)
    known = {array.name for submission in submissions(site.out) for array in submission.arrays}
    taken = re.findall(r"^#SBATCH --job-name=(\S+)$", "\n".join([*jobs.values()][:n_taken]), re.MULTILINE)
    if not known.issuperset(taken):
        return ["Slurm has jobs that no ledger names"]
    ended = commands.forked(lambda: typed(site), into=place, limit_s=300)
    lines = ended.stderr.splitlines()
    if ended.code or lines:
        refused = ended.code == 2 and len(lines) == 1
        return [] if refused else [f"exit code {ended.code}: {ended.stderr[-300:]}"]
    return [*_unreadable(site), *_not_handed(site)]


def _unreadable(site: Site) -> Iterator[str]:
    for submission in submissions(site.out):
        for element in range(len(submission.tasks)):
            try:
                submission.calls(element)
            except (DamagedLedgerError, OSError) as error:
                yield f"a queued job would find: {error}"


def _not_handed(site: Site) -> Iterator[str]:
    where = ["--out", str(site.out)]

    def look() -> None:
        os.environ["PATH"] = f"{site.bin}:{os.environ['PATH']}"
        commands.type_here(["-p", str(walks.__file__), "status", "--json", *RUNS, *where])

    ended = commands.forked(look, into=site.out.parent, limit_s=300)
    states = [record["state"] for record in json.loads(ended.stdout)] if not ended.code else [ended.stderr[-300:]]
    if states != ["queued"] * 4:
        yield f"its runs are {states}"


@contextmanager
def _empty(place: Path) -> Iterator[Path]:
    """A folder always of one name, since jobs and ledgers have its path in them."""
    place.mkdir(parents=True)
    yield place
    shutil.rmtree(place)


def main() -> int:
    """Try every power cut; 1 if anything was wrong after one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only every so many cuts")
    options = parser.parse_args()
    commands.preload(("results", "slurm", "jobs"))
    n_wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "site")
        with _empty(place):
            states, jobs = recorded(place)
        chosen = [state for k, state in enumerate(states) if state[0] or k % options.every == 0]
        for n_taken, tree in chosen:
            with _empty(place):
                found = faults(place, n_taken, tree, jobs)
            n_wrong += bool(found)
            if found:
                print(f"{n_taken} jobs taken, {len(tree)} names kept: {'; '.join(found)}", flush=True)
    print(f"{len(chosen)} of {len(states)} power cuts, {n_wrong} with faults")
    return int(n_wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
