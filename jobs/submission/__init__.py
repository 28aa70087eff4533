"""Submissions: what is pending goes to local processes or to Slurm, and where it stands."""
