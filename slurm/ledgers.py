"""The ledgers of an output folder: submissions that may have jobs in Slurm, and those that are finished."""

from pathlib import Path
from typing import NamedTuple

from results.plain import plain
from results.workspace import Workspace
from slurm.ledger import DamagedLedgerError, Submission


class Ledgers(NamedTuple):
    """The submissions of an output folder."""

    whole: list[Submission]
    """Oldest first."""
    damaged: list[str]
    """A line for each that cannot be read."""


def ledgers(folder: Path, *, finished: bool = False) -> Ledgers:
    """The submissions that may have jobs in Slurm, or else the others; reads only.

    A folder without a ledger was left by a submitter that died before it asked Slurm for anything.
    """
    whole, damaged = list[Submission](), list[str]()
    for place in _places(Workspace(folder).submissions, damaged):
        try:
            if (place / "finished").exists() == finished:
                whole.append(_whole(place, with_keys=not finished))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            remedy = f"see squeue, and remove {place} once its jobs have ended"
            damaged.append(plain(f"what Slurm has of submission {place.name} is not known, since {error}: {remedy}"))
    return Ledgers(whole, damaged)


def submissions(folder: Path, *, finished: bool = False) -> list[Submission]:
    """Those of `ledgers` that can be read."""
    return ledgers(folder, finished=finished).whole


def _whole(place: Path, *, with_keys: bool) -> Submission:
    submission = Submission(place)
    if with_keys and len(submission.keys) != len(submission.tasks):
        raise DamagedLedgerError(f"{place / 'keys.json'} is damaged")
    return submission


def _places(parent: Path, damaged: list[str]) -> list[Path]:
    try:
        return sorted(place for place in parent.iterdir() if place.is_dir() and not place.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        damaged.append(plain(f"what Slurm has of this folder is not known: {error}"))
        return []
