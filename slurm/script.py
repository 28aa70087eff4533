"""The sbatch script of an array, and handing it to Slurm."""

import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from submitit.helpers import clean_env
from submitit.slurm.slurm import _make_sbatch_string

from results.disk import write_whole
from results.plain import plain
from slurm.profiles import FIELDS, Gpu, Profile
from slurm.queue import SlurmError

Kind = Literal["array_size", "submit_limit", "unreachable", "refused"]
"""Reason for a failed submission. `array_size`: more elements than the site allows in an array. `submit_limit`: more
queued than the user may have, or than Slurm can take just now. `unreachable`: no answer, so it is unknown whether the
job was taken. `refused`: anything else."""

_KINDS: Mapping[Kind, re.Pattern[str]] = {
    "unreachable": re.compile(
        r"unable to contact slurm controller|socket timed out|zero bytes were transmitted|communication (connection|"
        r"shutdown) failure|message (send|receive) failure|transport endpoint is not connected|backup controller in "
        r"standby",
        re.IGNORECASE,
    ),
    "array_size": re.compile(r"invalid job array specification", re.IGNORECASE),
    "submit_limit": re.compile(
        r"(Assoc|QOS)\w*Submit\w*|MaxSubmitJob\w*|slurm temporarily unable to accept job", re.IGNORECASE
    ),
}
"""Slurm's words for each, the gravest first."""

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")

_TIMEOUT_S = 180.0
"""sbatch itself tries again for two minutes when the controller is overwhelmed."""


class SbatchError(SlurmError):
    """Slurm did not take a job, or nobody knows whether it did; the message is its own."""

    def __init__(self, message: str, kind: Kind) -> None:
        """Keep what kind of failure it is."""
        super().__init__(plain(message))
        self.kind = kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Array:
    """One call of sbatch: consecutive elements of a submission."""

    profile: Profile
    name: str
    """Its job name, and its script's; no other array of the submission has it."""
    n: int
    """Number of elements."""
    offset: int
    """Index in the submission of the first one."""
    folder: Path
    """The submission's; logs go to its ``logs``."""
    code: Path
    """The snapshot that the nodes import."""
    shared: bool = False
    """True if others may write in the output folder, as its owner has allowed."""
    after: Sequence[str] = ()
    """Jobs that must have ended before its elements start, however they ended."""

    def __post_init__(self) -> None:
        """Refuse what a script cannot say.

        Raises:
            ValueError: If a number is out of range, or a name or path has characters that Slurm or Python would read
                as something else.
        """
        if self.n < 1 or self.offset < 0:
            raise ValueError(f"`n` must be >= 1 and `offset` >= 0, got n={self.n} and offset={self.offset}")
        if not re.fullmatch(r"[A-Za-z0-9_.][A-Za-z0-9_.+=-]*", self.name):
            raise ValueError(f"`name` must be letters, digits and _.+=- with no dash in front, got {self.name!r}")
        for what, path in (("folder", self.folder), ("code", self.code)):
            if not (path.is_absolute() and str(path).isprintable() and "\\" not in str(path)):
                raise ValueError(f"`{what}` must be an absolute path of printable letters but \\, got {str(path)!r}")
        if wrong := [job for job in self.after if not re.fullmatch(r"\w+", job)]:
            raise ValueError(f"`after` must be ids of jobs, got {', '.join(map(repr, wrong))}")
        if ":" in str(self.code):
            raise ValueError(f"`code` must be a path without colons, as PYTHONPATH separates by them, got {self.code}")


def text(array: Array) -> str:
    """The whole script.

    submitit's text maker writes and quotes the ``#SBATCH`` lines. The command is ours, not its runner of pickles, and
    so is srun: what a step prints goes through srun to the files of the batch script, appended after a requeue too.
    """
    profile = array.profile
    made: str = _make_sbatch_string(
        folder=array.folder,
        job_name=array.name,
        map_count=array.n,
        array_parallelism=profile.throttle,
        nodes=1,
        ntasks_per_node=1,
        cpus_per_task=profile.cpus,
        time=profile.time_limit_min,
        wckey=None,  # type: ignore[arg-type] # none: a site that enforces keys refuses one it does not know
        additional_parameters=_more_flags(array),
        setup=_setup(array),
        use_srun=False,
        # Since Slurm 22.05 a step does not inherit its job's cores.
        command=shlex.join(["srun", "--unbuffered", f"--cpus-per-task={profile.cpus}", *_run(array)]),
        # $? is srun's status: nothing but comments may come between. What runs now may not be terminated either.
        teardown=[f"(status=$?; trap '' TERM; exec {shlex.join(_end(array))} $status)"],
    )
    return f"{made}\n"


def sbatch(array: Array, *, timeout_s: float = _TIMEOUT_S) -> str:
    """Write the script to the array's folder, hand it to Slurm, and return the job id.

    We call sbatch ourselves: submitit's executor waits for it without end, and works through files that it renames
    before it returns the id. The environment is cleaned, so that a job can submit jobs. Ctrl-C in the terminal does
    not reach sbatch, which would leave unknown what it had done.

    Raises:
        OSError: If the disk refuses.
        SbatchError: If Slurm does not take the job, or does not answer within ``timeout_s``.
    """
    path = array.folder / f"{array.name}.sh"
    write_whole(path, text(array), private=not array.shared)
    try:
        call = subprocess.run(  # noqa: S603 - no shell
            ["sbatch", "--parsable", str(path)],  # noqa: S607 - where the site has it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=timeout_s,
            env=_environment(),
            start_new_session=True,
        )
    except FileNotFoundError:
        raise SbatchError("sbatch is not here: submit from a login node of the cluster", "refused") from None
    except OSError as error:
        raise SbatchError(f"sbatch cannot be run: {error.strerror}", "refused") from error
    except subprocess.TimeoutExpired as error:
        said = error.stderr.decode(errors="replace").strip() if isinstance(error.stderr, bytes) else ""
        raise SbatchError(f"sbatch did not answer within {timeout_s:g} s. {said}".strip(), "unreachable") from None
    said = call.stderr.strip()
    if call.returncode > 0:
        raise SbatchError(said or f"sbatch failed with exit code {call.returncode}", _kind(said))
    answers = re.findall(r"^(\d+)(?:;.*)?$", call.stdout, re.MULTILINE)
    if call.returncode < 0 or not answers:
        message = (
            f"sbatch must answer with a job id, got {call.stdout.strip()!r} and exit code {call.returncode} {said}"
        )
        raise SbatchError(message.strip(), "unreachable")
    return str(answers[-1])


def _kind(said: str) -> Kind:
    return next((kind for kind, words in _KINDS.items() if words.search(said)), "refused")


def _environment() -> dict[str, str]:
    """Ours without what Slurm and submitit told this process, but with where the cluster is."""
    cluster = {name: os.environ[name] for name in ("SLURM_CONF",) if name in os.environ}
    with clean_env():
        return os.environ | cluster


def _more_flags(array: Array) -> dict[str, Any]:
    """Flags that submitit's text maker has no parameter for, or writes otherwise; the profile's own among them."""
    profile, logs = array.profile, str(array.folder / "logs").replace("%", "%%")
    gpu, others = _gpu_flag(profile.gpu), dict(profile.sbatch)
    if "gres" in gpu and "gres" in others:
        gpu["gres"] = f"{gpu['gres']},{others.pop('gres')}"
    return {
        "output": f"{logs}/%A_%a_0_log.out",
        "error": f"{logs}/%A_%a_0_log.err",
        # Said here because submitit's maker reads the signal from the environment.
        "signal": f"USR2@{profile.signal_s}",
        "requeue" if profile.requeue else "no-requeue": True,
        **{flag: value for flag, field in FIELDS.items() if (value := getattr(profile, field))},
        **_memory_flag(profile),
        **_after_flag(array, others),
        **gpu,
        **others,
    }


def _after_flag(array: Array, others: dict[str, Any]) -> dict[str, str]:
    """Dependency of the job; with the profile's own condition, which is taken out of its flags."""
    if not array.after:
        return {}
    own = [str(others.pop("dependency"))] if "dependency" in others else []
    return {"dependency": ",".join([*own, ":".join(("afterany", *array.after))])}


def _memory_flag(profile: Profile) -> dict[str, str]:
    asked = {
        "mem": profile.memory_gb,
        "mem-per-cpu": profile.memory_per_cpu_gb,
        "mem-per-gpu": profile.memory_per_gpu_gb,
    }
    # Upwards, because 0 would be all the memory of a node.
    return {flag: f"{math.ceil(gb * 1024)}M" for flag, gb in asked.items() if gb}


def _gpu_flag(gpu: Gpu) -> dict[str, str]:
    amount = f"{gpu.type}:{gpu.count}" if gpu.type else str(gpu.count)
    if gpu.form == "none":
        return {}
    return {"gres": f"gpu:{amount}"} if gpu.form == "gres" else {gpu.form: amount}


def _setup(array: Array) -> list[str]:
    return [
        "# At preemption Slurm terminates this shell too, which must live on to say how the task ended.",
        "trap : TERM",
        *array.profile.setup,
        "# Whatever the lines above have set, a failure of the task must not end this shell.",
        "set +e",
        f"export {' '.join(f'{name}={array.profile.cpus}' for name in _THREADS)}",
    ]


def _run(array: Array) -> list[str]:
    """The command that trains, in the profile's container if it has one."""
    container = shlex.split(array.profile.container)
    python = array.profile.python or ("python3" if container else sys.executable)
    return [*container, *_node(array, "run", python)]


def _end(array: Array) -> list[str]:
    """The command that says how it ended: outside of a container, which need not have Slurm's clients in it."""
    inside = array.profile.container
    return _node(array, "end", sys.executable if inside else array.profile.python or sys.executable)


def _node(array: Array, command: str, python: str) -> list[str]:
    """The command on the node; -P because neither its current folder nor the script's may hide the snapshot."""
    start = [python, "-P", str(array.folder / "entry.py"), str(array.code)]
    return [*start, *(["--shared"] if array.shared else []), command, str(array.folder), str(array.offset)]
