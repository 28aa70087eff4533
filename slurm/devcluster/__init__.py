"""A real Slurm of several nodes on one Debian machine, on the loopback only, for tests and for trying things out."""

from slurm.devcluster.cluster import Cluster
from slurm.devcluster.commands import DevclusterError
from slurm.devcluster.options import Options

__all__ = ["Cluster", "DevclusterError", "Options"]
