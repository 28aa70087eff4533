"""The tables of a profile: its GPUs, and how often work goes on."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from results.energy import DEFAULT, Factors
from slurm.profiles.texts import Address, Flag, Name


class Table(BaseModel):
    """A table that takes the values that it names and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Gpu(Table):
    """The GPUs of a task, and by which flag they are asked for."""

    form: Literal["none", "gres", "gpus", "gpus-per-node", "gpus-per-task"] = Field(
        description="sbatch flag that asks for GPUs; none: no GPU"
    )
    type: Name = Field("", description="model of GPU; empty: any")
    count: int = Field(default=0, ge=0, le=1024, description="GPUs that a task gets")

    @model_validator(mode="before")
    @classmethod
    def _one_if_asked_for(cls, given: object) -> object:
        return {"count": 1, **given} if isinstance(given, dict) and given.get("form", "none") != "none" else given

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


Factor = Annotated[float, Field(ge=0, le=1_000_000)]


class Energy(Table):
    """The factors by which energy and CO₂ are estimated; `results.energy` has the defaults and where they are from."""

    watts_per_core: Factor = Field(default=DEFAULT.watts_per_core, description="W that a core in use takes")
    watts_per_gpu: Factor = Field(default=DEFAULT.watts_per_gpu, description="W that a GPU takes")
    watts_per_gb: Factor = Field(default=DEFAULT.watts_per_gb, description="W that a GB of memory takes")
    pue: Annotated[float, Field(ge=1, le=100)] = Field(
        default=DEFAULT.pue, description="what the whole site takes over what its computers take"
    )
    co2_g_per_kwh: Factor = Field(default=DEFAULT.co2_g_per_kwh, description="g of CO₂ that a kWh emits")

    @property
    def factors(self) -> Factors:
        """The same, for whoever knows no profile."""
        return Factors(**self.model_dump())


class Notify(Table):
    """Whom to tell when a sweep has ended, or needs someone; by default nobody."""

    webhook: Address = Field(default="", description="address that gets a POST of JSON, often a secret; empty: none")
    mail: Flag = Field(default="", description="whom Slurm writes to when the last job has ended; empty: nobody")

    @property
    def is_on(self) -> bool:
        """True if somebody is told."""
        return bool(self.webhook or self.mail)


Times = Annotated[int, Field(ge=0, le=1_000_000)]


class Retries(Table):
    """Number of times in a row that a task goes on after each way of ending early, with nothing done in between.

    A lost node costs none: Slurm itself puts its tasks back into the queue.
    """

    killed: Times = Field(default=2, description="times in a row that a task goes on after it was killed")
    memory: Times = Field(
        default=2, description="times in a row that a task goes on after it took more memory than it has"
    )
    time_limit: Times = Field(default=100, description="times in a row that a task goes on after its time limit")
    preempted: Times = Field(default=1000, description="times in a row that a task goes on after preemption")
    error: Times = Field(default=2, description="times in a row that a task goes on after it could not begin")
