"""Cluster profiles: what a task asks of Slurm at a site, in one TOML file a site, checked when it is loaded."""

from slurm.profiles.loading import load, names, where
from slurm.profiles.profile import Gpu, Profile, ProfileError, Retries, described

__all__ = ["Gpu", "Profile", "ProfileError", "Retries", "described", "load", "names", "where"]
