"""The fault harness: damaged files, every point of failure, two hosts, two users. Each part is one command.

- `python -m jobs.tests.faults.mutations --n 3000 --seed 1`: damaged files, and every command on them
- `python -m jobs.tests.faults.calls worker kill`: kill -9, or an error, at each system call
- `python -m jobs.tests.faults.power`: power cuts while a submission is written
"""
