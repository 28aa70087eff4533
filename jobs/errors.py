"""Errors of a run's surroundings, which are no fault of the run."""


class DataError(ValueError):
    """A file that runs read is missing or damaged; the message says which, and what to do."""
