"""Errors of what a run is made of and of its surroundings, which are no fault of the run."""


class DataError(ValueError):
    """A file that runs read is missing or damaged; the message says which, and what to do."""


class ProjectError(ValueError):
    """A project cannot be found or loaded, or is wrong; the message says where and what would be right."""
