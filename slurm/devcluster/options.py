"""Options of a development cluster."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Options:
    """The size and the rules of a cluster; the command line has a flag of the same name for each."""

    nodes: int = field(default=4, metadata={"help": "virtual nodes"})
    cpus: int = field(default=8, metadata={"help": "CPUs a node claims to have"})
    memory_mb: int = field(default=64_000, metadata={"help": "memory a node claims to have"})
    gpus: int = field(default=2, metadata={"help": "GPUs a node claims to have, all of them fake"})
    max_array_size: int = field(default=1001, metadata={"help": "one more than the highest index of an array"})
    max_submit: int = field(default=3000, metadata={"help": "jobs a user may have in the queue; needs accounting"})
    grace_s: int = field(default=5, metadata={"help": "from the signal of a preemption to the kill"})
    node_timeout_s: int = field(default=10, metadata={"help": "silence after which a node counts as lost"})
    user_signal: bool = field(default=True, metadata={"help": "a preempted job gets the signal it asked for"})
    accounting: bool = field(default=True, metadata={"help": "with slurmdbd, and so with sacct and limits"})

    def __post_init__(self) -> None:
        """Refuse sizes that Slurm would refuse less clearly.

        Raises:
            ValueError: If a number is below its least sensible value.
        """
        for name in ("nodes", "cpus", "memory_mb", "max_array_size", "max_submit", "node_timeout_s"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}")
        for name in ("gpus", "grace_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"`{name}` must be at least 0, got {getattr(self, name)}")

    @property
    def node_names(self) -> list[str]:
        """``node1`` and so on."""
        return [f"node{n}" for n in range(1, self.nodes + 1)]
