"""The commands on a real Slurm, and everything that can go wrong there."""
