"""Slurm's clients: the few calls of them that are made, each with a time limit."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from results.plain import plain

_TIMEOUT_S = 60.0
_MARK = "hw1|"
"""Before every line that was asked for: sites have their clients print other ones too."""
_FIELDS = f"{_MARK}%F|%K|%U|%T|%N|%L|%j|%r"
_LINE = re.compile(r"\d+\|[^|]*\|\d+\|[A-Z_]+\|[^|]*\|[^|]*\|.*\|.*")
_AT_ONCE = 500
"""Names or ids in one call, whose arguments the system limits."""
_DEFAULT_MAX_ARRAY_SIZE = 1001


class SlurmError(RuntimeError):
    """Slurm is not here, does not answer, or refuses; the message is its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """An array element as ``squeue`` shows it; finished ones are shown for some minutes."""

    job_id: str
    state: str
    """Slurm's word in full, for instance PENDING, RUNNING, COMPLETING, NODE_FAIL."""
    reason: str
    node: str
    time_left: str

    @property
    def why(self) -> str:
        """Reason why it waits, and who can help where somebody must."""
        held = {
            "Dependency": "waits for jobs whose results it needs",
            "JobHeldAdmin": "held by an administrator: ask them to release it",
            "JobHeldUser": f"held: `scontrol release {self.job_id}` lets it start",
            "JobHoldMaxRequeue": f"held, requeued too often: `scontrol release {self.job_id}` lets it start",
        }
        return held.get(self.reason, self.reason)

    @property
    def waits(self) -> bool:
        """True if Slurm will start it, again or for the first time."""
        return self.state in {"PENDING", "REQUEUED", "REQUEUE_FED"} and not self.stuck

    @property
    def stuck(self) -> bool:
        """True if it waits for something that will not come by itself."""
        return self.state in {"REQUEUE_HOLD", "SPECIAL_EXIT"} or bool(
            re.search(r"launch failed|dependency.*never|BadConstraints", self.reason, re.IGNORECASE)
        )

    @property
    def runs(self) -> bool:
        """True if it has a node."""
        return self.state in {"RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "SIGNALING", "STAGE_OUT", "RESIZING"}


def is_here() -> bool:
    """True if this machine can submit to a Slurm cluster."""
    return all(shutil.which(program) for program in ("sbatch", "squeue", "scontrol", "scancel"))


class Asked(NamedTuple):
    """Whose array a job name is, and its id where that is known: others may give their jobs the same name."""

    user: int
    job_id: str | None
    cluster: str = ""
    """Which is asked where Slurm has several; empty: the one that we are on. So it is everywhere here."""


def elements(asked: Mapping[str, Asked]) -> dict[tuple[str, int], Queued]:
    """All array elements of the jobs with these names, by name and index; one call of ``squeue`` for 500 names.

    Raises:
        SlurmError: If it does not answer, or what it prints is not understood.
    """
    users = ",".join(sorted({str(each.user) for each in asked.values()}))
    found = {}
    calls = [
        (cluster, names)
        for cluster in sorted({each.cluster for each in asked.values()})
        for names in _some(name for name, each in asked.items() if each.cluster == cluster)
    ]
    for cluster, names in calls:
        for name, user, index, job in _listed(*_on(cluster), f"--name={','.join(names)}", f"--user={users}"):
            wanted = asked.get(name)
            array = job.job_id.partition("_")[0]
            if wanted is not None and user == wanted.user and array == (wanted.job_id or array):
                found[name, index] = job
    return found


def element(job_id: str) -> Queued:
    """One array element, by its job id.

    Raises:
        SlurmError: If Slurm does not answer, or knows no such job.
    """
    for _, _, _, job in _listed(f"--jobs={job_id}"):
        return job
    raise SlurmError(f"Slurm knows no job {job_id}")


def _listed(*which: str) -> Iterator[tuple[str, int, int, Queued]]:
    """Name, user and index of array elements, and the elements.

    Raises:
        SlurmError: If Slurm does not answer, or a line is cut or otherwise not as asked for.
    """
    for line in _lines("--array", "--states=all", f"--format={_FIELDS}", *which):
        if not _LINE.fullmatch(line):
            raise SlurmError(f"squeue printed a line that is not understood: {line[:200]}")
        array, index, user, state, node, left, name, reason = line.split("|", 7)
        if index.isdecimal():
            job = Queued(job_id=f"{array}_{index}", state=state, reason=reason, node=node, time_left=left)
            yield name, int(user), int(index), job


def _lines(*arguments: str) -> list[str]:
    """Jobs that squeue lists, from lines that were asked for, without the mark."""
    said = ask("squeue", "--noheader", *arguments).split("\n")
    return [plain(line.removeprefix(_MARK)) for line in said if line.startswith(_MARK)]


def _some(texts: Iterable[str]) -> Iterator[list[str]]:
    """As many as one call takes."""
    left = list(texts)
    while left:
        yield left[:_AT_ONCE]
        left = left[_AT_ONCE:]


def max_array_size(cluster: str = "") -> int:
    """Greatest number of elements of an array on the cluster.

    Raises:
        SlurmError: If Slurm does not answer.
    """
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", ask("scontrol", *_on(cluster), "show", "config"), re.MULTILINE)
    return max(1, int(found.group(1)) if found else _DEFAULT_MAX_ARRAY_SIZE)


def n_queued(cluster: str = "") -> int:
    """Jobs and array elements that this user has waiting and running.

    Raises:
        SlurmError: If Slurm does not answer.
    """
    return len(_lines(*_on(cluster), "--array", f"--format={_MARK}%i", f"--user={os.getuid()}"))


def cancel(job_ids: Sequence[str], *, cluster: str = "") -> None:
    """Cancel array elements, or whole arrays; those that are gone already are no error.

    Raises:
        SlurmError: If Slurm does not answer.
    """
    for some in _some(job_ids):
        ask("scancel", *_on(cluster), "--quiet", *some)


def requeue(job_id: str) -> None:
    """Put an array element back into the queue, which ends it here.

    Raises:
        SlurmError: If Slurm does not answer, or refuses.
    """
    ask("scontrol", "requeue", job_id)


def seconds(time_left: str) -> float:
    """Slurm's [days-][[hours:]minutes:]seconds.

    >>> seconds("1:05"), seconds("1-00:00:01"), seconds("UNLIMITED")
    (65.0, 86401.0, inf)
    """
    days, _, clock = time_left.rpartition("-")
    parts = clock.split(":")
    if not all(part.isdigit() for part in parts):
        return float("inf")
    total = 0.0
    for part in parts:
        total = 60 * total + int(part)
    return total + 86_400 * int(days or 0)


def ask(program: str, *arguments: str) -> str:
    """The output of one of Slurm's clients.

    Raises:
        SlurmError: If it is not here, fails, or takes too long.
    """
    path = shutil.which(program)
    if path is None:
        raise SlurmError(f"{program} is not on this machine: is it a login node of a Slurm cluster?")
    try:
        done = subprocess.run(  # noqa: S603 - Slurm's own client, no shell
            [path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise SlurmError(f"{program} did not answer within {_TIMEOUT_S:.0f} s") from None
    except OSError as error:
        raise SlurmError(f"{program} cannot be run: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise SlurmError(plain(said[-1]) if said else f"{program} failed with exit code {done.returncode}")
    return done.stdout


def _on(cluster: str) -> list[str]:
    return [f"--clusters={cluster}"] if cluster else []


def _environment() -> dict[str, str]:
    """Ours without what would change the clients' output format or filters, or which cluster they ask."""
    ours = r"(SQUEUE|SCANCEL)_|SLURM_CLUSTERS$"
    return {name: value for name, value in os.environ.items() if not re.match(ours, name)}
