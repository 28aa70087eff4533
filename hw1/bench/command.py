"""Measures us and what a user would pick instead."""

import time
from collections.abc import Sequence

from hw1.bench.preset import parts
from hw1.bench.printing import preset_rows, progress, summary, tables
from hw1.bench.session import Session
from hw1.bench.works import PEERS, WORKS, Work, can_do
from jobs.cli.lines import console
from jobs.cli.options import chosen_folder, print_json, within
from jobs.sweep import SweepError, unknown
from jobs.worker.device import check_torch
from results.bench import NAME
from results.folder import check_usable, lock

MOST_ROUNDS = 1000
"""A round takes minutes: more are a slip."""


def measure(  # noqa: PLR0913 - what was typed
    rounds: int, work: Sequence[str], peer: Sequence[str], out: str | None, *, resume: bool, as_json: bool
) -> None:
    """Measure these works and peers, all where none is named, and print what came of it."""
    _check(rounds, list(work), list(WORKS), list(peer), list(PEERS))
    works = [WORKS[name] for name in WORKS if name in (work or WORKS)]

    def peers(of: Work) -> list[str]:
        """Those asked for that can do the work, whatever is usual; else the usual ones."""
        return [name for name in PEERS if name in peer and can_do(name, of)] if peer else list(of.peers)

    works = [each for each in works if peers(each)]
    if not works:
        raise SweepError(f"none of {', '.join(peer)} can do that: leave out `--peer` or `--work`")
    check_torch(spec for each in works for spec in each.specs())
    folder, screen = chosen_folder(out), console()
    check_usable(folder)
    with lock(folder):
        session = Session(works=works, peers=peers, n_rounds=rounds, path=folder / NAME)
        n_kept = session.resume() if resume else 0
        left, begun = session.left(), time.monotonic()
        for done, (number, each) in enumerate(left):
            left_s = (time.monotonic() - begun) / done * (len(left) - done) if done else None
            for what in session.measure(number, each):
                if not as_json:
                    text = progress(f"round {number}, {what}", done, len(left), left_s)
                    screen.print(f"{time.strftime('%H:%M:%S')}  {text}", highlight=False, soft_wrap=True)
    preset = parts(session.rows, folder)
    if as_json:
        print_json([*summary(session.rows), *preset_rows(preset)])
        return
    screen.print(tables(session.rows, preset))
    kept = f", {n_kept} of them from before" if n_kept else ""
    screen.print(f"{len(session.rows)} measurements{kept} in {folder / NAME}", soft_wrap=True, highlight=False)


def _check(rounds: int, works: list[str], known_works: list[str], peers: list[str], known_peers: list[str]) -> None:
    """Refuse what is not there.

    Raises:
        SweepError: Naming everything that is wrong, and what would be right.
    """
    within("--rounds", rounds, MOST_ROUNDS)
    wrong = unknown("work", works, known_works) + unknown("peer", peers, known_peers)
    if wrong:
        raise SweepError("; ".join(wrong))
