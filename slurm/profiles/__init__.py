"""Cluster profiles: what a task asks of Slurm at a site, in one TOML file a site, checked when it is loaded."""

from slurm.profiles.flags import FIELDS
from slurm.profiles.loading import load, names, places, where
from slurm.profiles.profile import Profile, ProfileError, described
from slurm.profiles.tables import Gpu, Retries

__all__ = ["FIELDS", "Gpu", "Profile", "ProfileError", "Retries", "described", "load", "names", "places", "where"]
