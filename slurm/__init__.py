"""The fan-out: local processes now, Slurm arrays next. Knows nothing of the study."""
