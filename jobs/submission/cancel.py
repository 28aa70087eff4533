"""Cancelling as a user sees it: what is meant, what will end, and the question before it is done."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from jobs.status import LAST, Status, status
from jobs.submission.cluster import Cancellation, cancellation
from jobs.submission.cluster import cancel as do_cancel
from jobs.sweep import SweepError
from jobs.typed import Named, one


def cancel(
    what: Sequence[str] | None, out: Path, *, yes: bool, ask: Callable[[str], bool], say: Callable[[str], object]
) -> int:
    """Cancel these runs, studies and submissions, or all that Slurm has of the folder.

    Returns:
        0 if it was done or there was nothing to do, 1 if the answer was no.

    Raises:
        SweepError: If a name is empty, or means nothing that Slurm has, or several things of it; or if all were to be
            cancelled, and some submissions cannot be read: only the others are cancelled then.
        SlurmError: If Slurm is here and cannot be reached.
    """
    now = status(out)
    unknown = now.cluster.damaged
    for line in unknown if what is not None else ():
        say(line)
    meant = cancellation(now, _run_ids(now, what))
    if not meant.ending and not meant.n_runs:
        if unknown:
            raise SweepError("; ".join(unknown))
        say("nothing to cancel: Slurm has nothing of this folder")
        return 0
    say(_described(meant, now))
    if not yes and not ask("cancel?"):
        return 1
    told = do_cancel(meant)
    say("cancelled: what had begun keeps its checkpoint, and the next `hw1 submit` goes on with it")
    if not told:
        say("Slurm is not on this machine: if this folder is a copy, `hw1 cancel` on the cluster ends the jobs there")
    if unknown and what is None:
        raise SweepError("; ".join(unknown))
    return 0


def _described(meant: Cancellation, now: Status) -> str:
    n_ending = sum(len(now.left(element)) for element in meant.ending)
    said = [f"{len(meant.ending)} job(s) with {n_ending} run(s) end"] * bool(meant.ending)
    said += [f"{meant.n_runs} run(s) are taken out of jobs that go on"] * bool(meant.n_runs)
    return "; ".join(said)


def _run_ids(now: Status, what: Sequence[str] | None) -> set[str]:
    """The runs that are meant, each name being that of one thing; all that Slurm has if there is no name."""
    left = [(element, run_id) for element in now.cluster.elements for run_id in now.left(element)]
    if what is None:
        return {run_id for _, run_id in left}
    known = defaultdict[Named, set[str]](set)
    for element, run_id in left:
        if run_id not in LAST:
            known[Named("run", run_id)].add(run_id)
        known[Named("submission", element.submission.id)].add(run_id)
        known[Named("study", element.keys[run_id])].add(run_id)
    names = {kind: [named.name for named in known if named.kind == kind] for kind in ("run", "submission", "study")}
    ids, none = {kind: names[kind] for kind in ("run", "submission")}, "is no run, study or submission that Slurm has"
    meant = (one(name, whole={"study": names["study"]}, ids=ids, none=f"{none}: see `hw1 status`") for name in what)
    return set().union(*(known[named] for named in meant))
