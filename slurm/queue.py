"""What Slurm says and does: the few calls of its clients that are made, each with a time limit."""

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_TIMEOUT_S = 60.0
_FIELDS = "%F|%K|%T|%r|%N|%L|%j"
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
    def waits(self) -> bool:
        """Whether Slurm will start it, again or for the first time."""
        return self.state in {"PENDING", "REQUEUED", "REQUEUE_FED"} and not self.stuck

    @property
    def stuck(self) -> bool:
        """Whether it waits for something that will not come by itself."""
        return self.state in {"REQUEUE_HOLD", "SPECIAL_EXIT"} or bool(
            re.search(r"launch failed|dependency.*never|BadConstraints", self.reason, re.IGNORECASE)
        )

    @property
    def runs(self) -> bool:
        """Whether it has a node."""
        return self.state in {"RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "SIGNALING", "STAGE_OUT", "RESIZING"}


def is_here() -> bool:
    """Whether this machine can submit to a Slurm cluster."""
    return all(shutil.which(program) for program in ("sbatch", "squeue", "scontrol", "scancel"))


def elements(names: Collection[str]) -> dict[tuple[str, int], Queued]:
    """All array elements of the jobs with these names, by name and index; one call of ``squeue``.

    Raises:
        SlurmError: If it does not answer.
    """
    if not names:
        return {}
    return _listed(f"--name={','.join(names)}")


def element(job_id: str) -> Queued:
    """One array element, by its job id.

    Raises:
        SlurmError: If Slurm does not answer, or knows no such job.
    """
    found = _listed(f"--jobs={job_id}")
    if not found:
        raise SlurmError(f"Slurm knows no job {job_id}")
    return next(iter(found.values()))


def _listed(which: str) -> dict[tuple[str, int], Queued]:
    found = {}
    for line in ask("squeue", "--noheader", "--array", "--states=all", f"--format={_FIELDS}", which).splitlines():
        array, index, state, reason, node, left, name = line.split("|", 6)
        if index.isdigit():
            job = Queued(job_id=f"{array}_{index}", state=state, reason=reason, node=node, time_left=left)
            found[name, int(index)] = job
    return found


def max_array_size() -> int:
    """How many elements an array of this cluster may have.

    Raises:
        SlurmError: If Slurm does not answer.
    """
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", ask("scontrol", "show", "config"), re.MULTILINE)
    return max(1, int(found.group(1)) if found else _DEFAULT_MAX_ARRAY_SIZE)


def n_queued() -> int:
    """Jobs and array elements that this user has waiting and running.

    Raises:
        SlurmError: If Slurm does not answer.
    """
    return len(ask("squeue", "--noheader", "--array", "--format=%i", f"--user={os.getuid()}").splitlines())


def cancel(job_ids: Sequence[str]) -> None:
    """Cancel array elements, or whole arrays; those that are gone already are no error.

    Raises:
        SlurmError: If Slurm does not answer.
    """
    if job_ids:
        ask("scancel", "--quiet", *job_ids)


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
            [path, *arguments], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env=_environment()
        )
    except subprocess.TimeoutExpired:
        raise SlurmError(f"{program} did not answer within {_TIMEOUT_S:.0f} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise SlurmError(said[-1] if said else f"{program} failed with exit code {done.returncode}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Ours without what would change the clients' output format or filters."""
    return {name: value for name, value in os.environ.items() if not re.match(r"(SQUEUE|SCANCEL)_", name)}
