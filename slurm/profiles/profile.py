"""The profile of a cluster: what a task asks of Slurm there, and what is known of the site."""

import difflib
import getpass
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from slurm.profiles.texts import Flag, GpuType, Line, Program, Root, ShellLine

_NOT_KNOWN = "not known here: ask your site"
_MINUTE_S = 60


class ProfileError(ValueError):
    """A profile that is missing, cannot be read or holds mistakes, all of them in one message."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Gpu(_Table):
    """The GPUs of a task, and by which flag they are asked for."""

    form: Literal["none", "gres", "gpus", "gpus-per-node", "gpus-per-task"] = Field(
        description="sbatch flag that asks for GPUs; none: no GPU"
    )
    type: GpuType = Field("", description="model of GPU; empty: any")
    count: int = Field(ge=0, description="GPUs that a task gets")

    @field_validator("type")
    @classmethod
    def _type_fits_form(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("form") == "none":
            raise ValueError('must be empty with form = "none"')
        return value

    @field_validator("count")
    @classmethod
    def _count_fits_form(cls, value: int, info: ValidationInfo) -> int:
        form = info.data.get("form")
        if form == "none" and value > 0:
            raise ValueError('must be 0 with form = "none"')
        if form not in {None, "none"} and value == 0:
            raise ValueError(f'must be >= 1 with form = "{form}"')
        return value


Times = Annotated[int, Field(ge=0)]


class Retries(_Table):
    """How often in a row a task goes on after each way of ending early, with nothing done in between.

    A lost node costs none: Slurm itself puts its tasks back into the queue.
    """

    killed: Times = Field(description="times in a row that a task goes on after it was killed")
    memory: Times = Field(description="times in a row that a task goes on after it took more memory than it has")
    time_limit: Times = Field(description="times in a row that a task goes on after its time limit")
    preempted: Times = Field(description="times in a row that a task goes on after preemption")
    error: Times = Field(description="times in a row that a task goes on after it could not begin")


class Profile(_Table):
    """A checked profile; `slurm.profiles.load` reads one."""

    name: str
    """What it is called: its file's name."""
    origin: Path
    """The file it was read from."""

    description: Line = Field(description="what the profile is for")
    partition: Flag = Field("", description="partition; empty: the site's default")
    account: Flag = Field("", description="account that is charged; empty: the user's default")
    qos: Flag = Field("", description="quality of service; empty: the user's default")
    constraint: Flag = Field("", description="features that a node must have; empty: any node")
    cpus: int = Field(ge=1, description="cores that a task gets")
    memory_gb: float = Field(gt=0, description="GB of memory that a task gets")
    time_limit_min: int = Field(ge=1, description="minutes that a task may run")
    throttle: int = Field(ge=1, description="tasks of a submission that run at once")
    submit_cap: int = Field(ge=0, description="jobs and array elements a user may have queued; 0: not known")
    setup: Annotated[tuple[ShellLine, ...], Field(strict=False)] = Field(
        (), description="shell lines that run before the task"
    )
    python: Program = Field("", description="interpreter on the nodes; empty: the one that submits")
    scratch_root: Root = Field("", description="folder that the output folder must be below; empty: anywhere")
    requeue: bool = Field(description="whether Slurm may put a task back into the queue")
    signal_s: int = Field(
        ge=10, description="seconds before the time limit at which a task is told to stop; Slurm may be 60 s early"
    )
    poll_s: float = Field(ge=1, description="least seconds between two questions to Slurm")
    unknown: Annotated[tuple[Line, ...], Field(strict=False)] = Field(
        (), description="fields whose value at this site is not known"
    )
    gpu: Gpu
    retries: Retries

    @field_validator("signal_s")
    @classmethod
    def _signal_before_limit(cls, value: int, info: ValidationInfo) -> int:
        limit_s = info.data.get("time_limit_min", value) * _MINUTE_S
        if value >= limit_s:
            raise ValueError(f"must be below the time limit of {limit_s} s")
        return value

    @field_validator("unknown")
    @classmethod
    def _unknown_are_fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = list(_leaves(cls))
        for name in value:
            if name not in known:
                raise ValueError(f"must be names of fields{closest(name, known)}")
        return value

    def check_output(self, out: Path) -> None:
        """Refuse an output folder where the site does not want it.

        Raises:
            ProfileError: If there is a scratch root and ``out`` is not below it.
        """
        if not self.scratch_root:
            return
        root = Path(self.scratch_root.replace("{user}", getpass.getuser()).replace("{home}", str(Path.home())))
        if root.resolve() not in out.resolve().parents:
            remedy = f"use `--out {root / (out.resolve().name or 'out')}`"
            raise ProfileError(f"`--out` must be below {root} with profile {self.name}, got {out}: {remedy}")


def described(profile: Profile) -> list[tuple[str, str, str]]:
    """Every field with its value and its unit or meaning, as a table to read."""
    return [
        (field, _shown(value), f"{meaning}; {_NOT_KNOWN}" if field in profile.unknown else meaning)
        for field, meaning, value in _values(profile)
    ]


def closest(name: str, known: list[str]) -> str:
    """A hint at the known name that was perhaps meant; empty if there is none like it."""
    found = difflib.get_close_matches(name, known, n=1)
    return f" (`{found[0]}`?)" if found else ""


def settable(table: type[BaseModel]) -> list[str]:
    """The fields of a table that its file may set."""
    return [name for name in table.model_fields if name not in {"name", "origin"}]


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
    return "; ".join(value) if isinstance(value, tuple) else str(value)
