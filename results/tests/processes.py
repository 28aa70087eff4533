"""What processes do to one store when they are killed or get in each other's way. Run as a script, with JSON answers.

A script of its own, because it forks, which is safe only before Arrow has started its threads: so this process never
uses the store itself.
"""

import itertools
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from results.collect import collect
from results.tests import packs
from results.tests.stores import Store

_CALLS = ("fsync", "mkdir", "rename", "replace", "rmdir", "unlink")
"""Every call by which the store changes the disk, apart from writing to a temporary file."""


def in_child(action: Callable[[], object]) -> int:
    """Do it in a process of its own; the answer is what `os.waitpid` says."""
    return os.waitpid(started(action), 0)[1]


def started(action: Callable[[], object]) -> int:
    """Begin it in a process of its own."""
    pid = os.fork()
    if pid:
        return pid
    try:
        action()
    except BaseException:  # noqa: BLE001 - nothing may return into the copy of the caller
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def killed_before_call(step: int, action: Callable[[], object]) -> bool:
    """Do it in a process that is killed -9 before its step-th change of the disk; false if there are fewer."""
    counter = itertools.count()

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def count(*args: object, **options: object) -> object:
            if next(counter) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **options)

        return count

    def act() -> None:
        for name in _CALLS:
            setattr(os, name, counted(getattr(os, name)))
        action()

    status = in_child(act)
    if not os.WIFSIGNALED(status) and status:
        raise RuntimeError(f"it failed by itself at step {step}")
    return os.WIFSIGNALED(status)


def seen(out: Path) -> dict[str, Any]:
    """What a new process finds in the store, and what it finds after collecting."""
    answer = out.parent / "answer.json"

    def found(n_duplicated: int) -> dict[str, Any]:
        store = Store(out)
        rows = {table: packs.shown(rows.to_pylist()) for table, rows in store.read_all().items()}
        del rows["failures"]
        answers = {"done": sorted(store.done()), "failed": sorted(store.failed()), "rows": rows}
        return answers | {"damaged": list(map(str, store.damaged)), "duplicated": n_duplicated}

    def look() -> None:
        answer.write_text(json.dumps({"then": found(0), "collected": found(collect(Store(out), []).n_duplicated)}))

    if in_child(look):
        raise RuntimeError("the store cannot be read")
    return dict(json.loads(answer.read_text()))


def _pack(ids: list[str]) -> dict[str, dict[str, list[Any]]]:
    """A pack of two tables: more would only add points at which nothing new can happen."""
    tables = packs.pack(ids)
    return {table: tables[table] for table in ("runs", "curves")}


def prepare(out: Path, *more: str) -> None:
    """A store with collected runs, two parts (one of them with a run that is collected too), and failures."""
    ids, store = packs.run_ids(9), Store(out)
    store.write("a", _pack(ids[:3]) | {table: packs.pack(ids[:3])[table] for table in more})
    collect(store, [])
    store.write("b", _pack(ids[2:5]) | {"failures": {"run_id": ids[7:8], "failure": ["NaN"]}})
    store.write("c", _pack(ids[5:7]) | {"failures": {"run_id": ids[0:1], "failure": ["NaN"]}})


ACTIONS: dict[str, Callable[[Path], object]] = {
    "write": lambda out: Store(out).write("c", _pack(packs.run_ids(3, first=5))),
    "first write": lambda out: Store(out).write("c", _pack(packs.run_ids(3, first=5))),
    "collect": lambda out: collect(Store(out), []),
    "clear": lambda out: Store(out).clear_failures(packs.run_ids(8)),
    "set aside": lambda out: Store(out).done(),
    "split": lambda out: Store(out).done(),
}
_DAMAGED = {"set aside": "curves", "split": "eigenvalues"}


def crashes(action: str, folder: Path) -> Iterator[dict[str, Any]]:
    """What is found after each point at which the action can be killed, and after collecting what is found then."""
    before, out = folder / "before", folder / "out"
    if action != "first write":
        in_child(lambda: prepare(before, *["eigenvalues"] * (action == "split")))
    if action in _DAMAGED:
        (path,) = (before / "store" / "collected").glob(f"{_DAMAGED[action]}-*.parquet")
        path.write_bytes(path.read_bytes()[:-1])
    for step in itertools.count():
        shutil.rmtree(out, ignore_errors=True)
        if before.exists():
            shutil.copytree(before, out)
        killed = killed_before_call(step, lambda: ACTIONS[action](out))
        yield {"killed": killed, **seen(out)}
        if not killed:
            return


def together(n_writers: int, n_packs: int, folder: Path) -> dict[str, Any]:
    """Writers, two collectors and two readers at work on one store at once."""
    out, over = folder / "out", folder / "over"
    ids = packs.run_ids(n_writers * n_packs * 2)

    def write(k: int) -> None:
        for n in range(n_packs):
            first = (k * n_packs + n) * 2
            Store(out).write(f"p{first}", packs.pack(ids[first : first + 2]))

    def keep_collecting() -> None:
        while not over.exists():
            assert not collect(Store(out), []).damaged

    def keep_reading() -> None:
        known: set[str] = set()
        while not over.exists():
            store = Store(out)
            done, tables = store.done(), store.read_all()
            assert known <= done <= set(tables["runs"]["run_id"].to_pylist())
            assert not store.damaged
            known = set(tables["runs"]["run_id"].to_pylist())
            for table in ("runs", "curves", "eigenvalues"):
                expected = [row for run_id in known for row in packs.of_run(run_id)[table]]
                assert packs.shown(tables[table].to_pylist()) == packs.shown(expected)

    others = [started(action) for action in (keep_collecting, keep_collecting, keep_reading, keep_reading)]
    writers = [started(lambda k=k: write(k)) for k in range(n_writers)]  # type: ignore[misc]
    ends = [os.waitpid(pid, 0)[1] for pid in writers]
    over.touch()
    ends += [os.waitpid(pid, 0)[1] for pid in others]
    return {"ends": ends, "all": ids, **seen(out)}


if __name__ == "__main__":
    os.fsync = lambda fd: None  # noqa: ARG005 - kill -9 loses nothing that is written, on the disk or not yet
    if sys.argv[1] == "together":
        print(json.dumps(together(3, 12, Path(sys.argv[2]))))
    else:
        print(json.dumps(list(crashes(sys.argv[1], Path(sys.argv[2])))))
