"""Trivial runs, by a name that jobs can import."""

from pathlib import Path


class Touch:
    """Some trivial runs."""

    def __init__(self, folder: Path, numbers: range) -> None:
        """Of these numbers."""
        self.folder, self.numbers = folder, numbers

    def __call__(self) -> None:
        """Leave a file for each."""
        for number in self.numbers:
            (self.folder / str(number)).touch()


def call(work: "Touch") -> None:
    """Make the call."""
    work()
