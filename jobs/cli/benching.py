"""The command that measures us and what a user would pick instead."""

import time
from typing import Annotated

import typer

from jobs.cli.options import JsonOption, OutOption, chosen_folder, print_json, within
from jobs.sweep import SweepError, unknown
from results.folder import check_usable, lock

MOST_ROUNDS = 1000
"""A round takes minutes: more are a slip."""

WorkOption = Annotated[
    list[str] | None, typer.Option("--work", help="Only this work; may be given again.", metavar="NAME")
]
PeerOption = Annotated[
    list[str] | None, typer.Option("--peer", help="Only this peer; may be given again.", metavar="NAME")
]


def bench(
    rounds: Annotated[int, typer.Option("--rounds", help="How often all is measured.", metavar="N")] = 3,
    work: WorkOption = None,
    peer: PeerOption = None,
    out: OutOption = None,
    *,
    resume: Annotated[
        bool, typer.Option("--continue", help="Keep rounds of this code on this machine that are there already.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure us and what a user would pick instead, on this machine, in turn; peers need the extra `bench`.

    Works: minimal_ratio, trajectory, parameters, lenet, cnn, empty. Peers: notebook (the notebooks' loop), submitit,
    joblib, ray, parsl, hydra, jax. Writes bench.parquet, which `hw1 report` shows.

    Example: hw1 bench --rounds 1 --work empty --peer joblib
    """
    from jobs.bench.preset import parts  # noqa: PLC0415
    from jobs.bench.printing import preset_rows, progress, summary, tables  # noqa: PLC0415 - imports rich
    from jobs.bench.session import Session  # noqa: PLC0415 - imports pyarrow
    from jobs.bench.works import PEERS, WORKS, Work, can_do  # noqa: PLC0415
    from jobs.cli.printing import console  # noqa: PLC0415 - imports rich
    from results.bench import NAME  # noqa: PLC0415 - imports pyarrow

    _check(rounds, work or [], list(WORKS), peer or [], list(PEERS))
    works = [WORKS[name] for name in WORKS if name in (work or WORKS)]

    def peers(of: Work) -> list[str]:
        """Those asked for that can do the work, whatever is usual; else the usual ones."""
        return [name for name in PEERS if name in peer and can_do(name, of)] if peer else list(of.peers)

    works = [each for each in works if peers(each)]
    if not works:
        raise SweepError(f"none of {', '.join(peer or [])} can do that: leave out `--peer` or `--work`")
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
