"""The long options of sbatch: those that a profile's fields set, those that the runner needs, and all others."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, TypeAdapter, ValidationError

from slurm.profiles.texts import Words

FIELDS: Mapping[str, str] = {
    "account": "account",
    "clusters": "cluster",
    "constraint": "constraint",
    "exclude": "exclude",
    "exclusive": "exclusive",
    "licenses": "licenses",
    "mail-type": "mail_type",
    "mail-user": "mail_user",
    "partition": "partition",
    "qos": "qos",
    "reservation": "reservation",
}
"""Options with a field of a profile that holds just what sbatch gets."""

_MADE = {
    "cpus-per-gpu": "`cpus`",
    "cpus-per-task": "`cpus`",
    "gpus": "`gpu.form`, `gpu.type` and `gpu.count`",
    "gpus-per-node": "`gpu.form`, `gpu.type` and `gpu.count`",
    "gpus-per-socket": "`gpu.form`, `gpu.type` and `gpu.count`",
    "gpus-per-task": "`gpu.form`, `gpu.type` and `gpu.count`",
    "mem": "`memory_gb`",
    "mem-per-cpu": "`memory_per_cpu_gb`",
    "mem-per-gpu": "`memory_per_gpu_gb`",
    "no-requeue": "`requeue`",
    "requeue": "`requeue`",
    "signal": "`signal_s`",
    "time": "`time_limit_min`",
}
"""Options that are made of other fields."""

_LOGS = "logs go to the submission's own folder"
_ONE = "a task is one process on one node"
_CALL = "it is about how sbatch is called, which is the runner's part"

_RUNNERS = {
    "array": "arrays are as long as the work is; `throttle` says how many tasks run at once",
    "chdir": "a task finds its folders by itself",
    "error": _LOGS,
    "export": "a task gets your environment, which lines of `setup` may change",
    "export-file": "a task gets your environment, which lines of `setup` may change",
    "get-user-env": "a task gets your environment, which lines of `setup` may change",
    "help": _CALL,
    "ignore-pbs": _CALL,
    "input": "a task reads no input",
    "job-name": "by its name a job is found again",
    "nodes": _ONE,
    "ntasks": _ONE,
    "ntasks-per-core": _ONE,
    "ntasks-per-gpu": _ONE,
    "ntasks-per-node": _ONE,
    "ntasks-per-socket": _ONE,
    "open-mode": _LOGS,
    "output": _LOGS,
    "parsable": _CALL,
    "quiet": _CALL,
    "test-only": _CALL,
    "usage": _CALL,
    "verbose": _CALL,
    "version": _CALL,
    "wait": _CALL,
    "wrap": _CALL,
}
"""Options that the runner sets or cannot do with, and why."""

_OTHERS = """\
acctg-freq batch bb bbf begin cluster-constraint comment consolidate-segments container container-id contiguous
core-spec cores-per-socket cpu-freq deadline delay-boot dependency distribution extra extra-node-info gid gpu-bind
gpu-freq gres gres-flags hint hold kill-on-invalid-dep mcs-label mem-bind mincpus network nice no-kill nodefile nodelist
oom-kill-step overcommit oversubscribe power prefer priority profile propagate reboot resv-ports segment
sockets-per-node spread-job spread-segments stepmgr switches thread-spec threads-per-core time-min tmp tres-bind
tres-per-task uid use-min-nodes wait-all-nodes wckey
"""
OTHERS = frozenset(_OTHERS.split())
"""Options that a profile sets in its table `sbatch`; those of Slurm 22.05 to 25.05. A site's own sbatch judges them."""

_VALUE: TypeAdapter[str] = TypeAdapter(Words)


def closest(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that was perhaps meant; empty if there is none like it."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f" (`{found[0]}`?)" if found else ""


def _option(name: str) -> str:
    if name in FIELDS:
        raise ValueError(f"must not be in the table `sbatch`: it is set by `{FIELDS[name]}`")
    if name in _MADE:
        raise ValueError(f"must not be given to sbatch: it is set by {_MADE[name]} of the profile")
    if name in _RUNNERS:
        raise ValueError(f"must not be given to sbatch: {_RUNNERS[name]}")
    if name not in OTHERS:
        hint = closest(name, [*OTHERS, *FIELDS, *_MADE, *_RUNNERS])
        raise ValueError(f"must be a long option of sbatch, got an unknown one{hint}")
    return name


def _value(value: Any) -> str | int:  # noqa: ANN401 - what TOML has
    """Value that sbatch gets, True for an option without one; empty for one that is not given."""
    if isinstance(value, bool):
        return value or ""
    if isinstance(value, int) and abs(value) < 1 << 63:
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be text, a whole number, true, or false to leave it out")  # noqa: TRY004 - pydantic's way
    try:
        return _VALUE.validate_python(value)
    except ValidationError as error:
        raise error.errors()[0]["ctx"]["error"] from None


def _others(given: dict[str, str | int]) -> dict[str, str | int]:
    return {name: value for name, value in sorted(given.items()) if value != ""}


def _no_gpu(given: dict[str, str | int]) -> dict[str, str | int]:
    if any(part.split(":")[0].split("/")[-1] == "gpu" for part in str(given.get("gres", "")).split(",")):
        raise ValueError("must have no gpu in `gres`: GPUs are asked for by `gpu.form`, `gpu.type` and `gpu.count`")
    return given


Options = Annotated[
    dict[Annotated[str, AfterValidator(_option)], Annotated[Any, PlainValidator(_value)]],
    Field(max_length=len(OTHERS)),
    AfterValidator(_others),
    AfterValidator(_no_gpu),
]
"""Options of sbatch by name, and what each is given: True where it takes nothing."""


def _exclusive(value: Any) -> Any:  # noqa: ANN401 - what TOML has
    """Values of the field `exclusive`; empty is false, as from a command line."""
    if value == "":
        return False
    if not isinstance(value, bool) and value not in ("user", "mcs", "topo"):
        raise ValueError('must be true, false, "user", "mcs" or "topo"')
    return value


Exclusive = Annotated[bool | str, PlainValidator(_exclusive)]
