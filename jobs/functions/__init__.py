"""Studies that are one function or one shell command: their runs, their steps, their checkpoints."""
