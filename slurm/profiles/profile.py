"""The profile of a cluster: what a task asks of Slurm there, and what is known of the site."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from slurm.profiles.flags import Exclusive, Options, closest
from slurm.profiles.tables import Energy, Gpu, Notify, Retries, Table
from slurm.profiles.texts import Container, Flag, Line, Name, Program, Root, ShellLine, masked

_NOT_KNOWN = "not known here: ask your site"
_MINUTE_S = 60
_LONGEST_MIN = 366 * 24 * 60
MASKED = "notify.webhook"
"""Field whose value is never shown whole."""
_HIDDEN = frozenset({"name", "origin", "sources"})
"""Values of fields that a file does not set."""


class ProfileError(ValueError):
    """A profile that is missing, cannot be read or holds mistakes, all of them in one message."""


Memory = Annotated[float, Field(ge=0, le=1_000_000)]


class Profile(Table):
    """A checked profile; `slurm.profiles.load` reads one."""

    name: str
    """Its name: that of its file."""
    origin: Path
    """The file it was read from."""
    sources: Mapping[str, str] = {}
    """Sources of values that this file does not set, by the field's name."""

    extends: Line = Field("", description="profile whose values count where this one has none, a name or a file")
    description: Line = Field("", description="what the profile is for")
    partition: Flag = Field(description="partition; empty: the site's default")
    account: Flag = Field("", description="account that is charged; empty: the user's default")
    qos: Flag = Field("", description="quality of service; empty: the user's default")
    constraint: Flag = Field("", description="features that a node must have; empty: any node")
    reservation: Flag = Field("", description="reservation to run in; empty: none")
    cluster: Name = Field("", description="cluster that is asked, where Slurm has several (-M); empty: this one")
    exclude: Flag = Field("", description="nodes that a task does not get, such as node[1-4]; empty: none")
    exclusive: Exclusive = Field(
        default=False, description="whether a task has its node alone; user: shared with your own jobs only"
    )
    licenses: Flag = Field("", description="licences that a task takes; empty: none")
    mail_type: Flag = Field("", description="when Slurm writes a mail, such as FAIL; empty: never")
    mail_user: Flag = Field("", description="whom Slurm writes to; empty: you")
    cpus: int = Field(1, ge=1, le=100_000, description="cores that a task gets")
    memory_gb: Memory = Field(0.0, description="GB of memory that a task gets; 0: not asked for")
    memory_per_cpu_gb: Memory = Field(0.0, description="GB of memory for each core; 0: not asked for")
    memory_per_gpu_gb: Memory = Field(0.0, description="GB of memory for each GPU; 0: not asked for")
    time_limit_min: int = Field(ge=1, le=_LONGEST_MIN, description="minutes that a task may run")
    throttle: int = Field(10, ge=1, le=1_000_000, description="tasks of a submission that run at once")
    submit_cap: int = Field(
        0, ge=0, le=100_000_000, description="jobs and array elements a user may have queued; 0: not known"
    )
    setup: Annotated[tuple[ShellLine, ...], Field(strict=False, max_length=100)] = Field(
        (), description="shell lines that run before the task"
    )
    container: Container = Field("", description="command that starts the interpreter in a container; empty: none")
    python: Program = Field(
        "", description="interpreter on the nodes; empty: the one that submits, or python3 in a container"
    )
    scratch_root: Root = Field("", description="folder that the output folder must be below; empty: anywhere")
    requeue: bool = Field(default=True, description="whether Slurm may put a task back into the queue")
    signal_s: int = Field(
        120,
        ge=10,
        le=65_535,
        validate_default=True,
        description="seconds before the time limit at which a task is told to stop; Slurm may be 60 s early",
    )
    poll_s: float = Field(30.0, ge=1, le=86_400, description="least seconds between two questions to Slurm")
    unknown: Annotated[tuple[Line, ...], Field(strict=False, max_length=100)] = Field(
        (), description="fields whose value at this site is not known"
    )
    gpu: Gpu
    sbatch: Options = Field({}, description="any other options of sbatch, by their long names")
    retries: Retries = Field(Retries(), description="how often work goes on")
    notify: Notify = Field(Notify(), description="whom to tell when a sweep has ended")
    energy: Energy = Field(Energy(), description="factors of energy and CO₂")

    @field_validator("signal_s")
    @classmethod
    def _signal_before_limit(cls, value: int, info: ValidationInfo) -> int:
        limit_s = info.data.get("time_limit_min", value) * _MINUTE_S
        if value >= limit_s:
            raise ValueError(f"must be below the time limit of {limit_s} s")
        return value

    @field_validator("memory_per_cpu_gb", "memory_per_gpu_gb")
    @classmethod
    def _memory_once(cls, value: float, info: ValidationInfo) -> float:
        others = [name for name in ("memory_gb", "memory_per_cpu_gb") if info.data.get(name)]
        if value and others:
            raise ValueError(f"must be 0, or `{others[0]}` be 0: Slurm takes one of them")
        return value

    @field_validator("gpu")
    @classmethod
    def _gpus_for_memory(cls, value: Gpu, info: ValidationInfo) -> Gpu:
        if info.data.get("memory_per_gpu_gb") and not value.count:
            raise ValueError("must ask for GPUs where `memory_per_gpu_gb` is given")
        return value

    @field_validator("unknown")
    @classmethod
    def _unknown_are_fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = list(_leaves(cls))
        for name in value:
            if name not in known:
                raise ValueError(f"must be names of fields{closest(name, known)}")
        return value

    @property
    def task_memory_gb(self) -> float:
        """GiB that a task is given, however they are asked for; 0 if they are not."""
        return self.memory_gb or self.memory_per_cpu_gb * self.cpus or self.memory_per_gpu_gb * self.gpu.count

    @property
    def refuses_memory(self) -> bool:
        """True if it sets `memory_gb` to 0 and nothing by core or GPU: nothing may be asked for."""
        return "memory_gb" in self.model_fields_set and not self.task_memory_gb

    def check_output(self, out: Path) -> None:
        """Refuse an output folder where the site does not want it.

        Raises:
            ProfileError: If there is a scratch root and ``out`` is not below it.
        """
        root = Path(self.scratch_root)
        if self.scratch_root and root.resolve() not in out.resolve().parents:
            remedy = f"use `--out {root / (out.resolve().name or 'out')}`"
            raise ProfileError(f"`--out` must be below {root} with profile {self.name}, got {out}: {remedy}")


def described(profile: Profile) -> list[tuple[str, str, str]]:
    """Every field with its value, and its unit or meaning and where else it is from, as a table to read."""
    rows = []
    for field, meaning, value in _values(profile):
        known = _NOT_KNOWN if field in profile.unknown else ""
        text = masked(value) if field == MASKED and value else _shown(value)
        rows.append((field, text, "; ".join(filter(None, (meaning, known, profile.sources.get(field))))))
    return rows


def settable(table: type[BaseModel]) -> list[str]:
    """The fields of a table that its file may set."""
    return [name for name in table.model_fields if name not in _HIDDEN]


def _leaves(table: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name in settable(table):
        kind = table.model_fields[name].annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _leaves(kind, f"{name}.")
        elif name != "unknown":
            yield prefix + name


def _values(table: BaseModel, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    for name in settable(type(table)):
        value = getattr(table, name)
        if isinstance(value, BaseModel):
            yield from _values(value, f"{name}.")
        elif name != "unknown":
            yield prefix + name, type(table).model_fields[name].description or "", value


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(name if given is True else f"{name}={given}" for name, given in value.items())
    if isinstance(value, float):
        return f"{value:g}"
    return "; ".join(value) if isinstance(value, tuple) else str(value)
