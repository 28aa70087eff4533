"""Damage is wrong bytes and nothing else; looking moves nothing; what is set aside can be put back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import results
from results.collect import collect
from results.layout import COLLECTED
from results.tests import packs
from results.tests.stores import Store

IDS = packs.run_ids(8)
_WITHOUT_EIGENVALUES = {i for i in IDS if not packs.has_eigenvalues(i)}
_USER = 50_000 + os.getpid() % 10_000  # of this process alone: the limit on processes counts all of a user's
REFERENCE = Path(results.__file__).parent / "reference" / "store"
_TRIES = 5

_READS = """
import os, resource, sys
from pathlib import Path
from results.errors import StoreError
from results.tests.stores import Store
limit, value, out = getattr(resource, sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
resource.setrlimit(limit, (value, value))
try:
    store = Store(out, only_looks=len(sys.argv) > 4)
    n_rows = sum(map(len, store.read_all().values()))
    print(len(store.done()), n_rows, len(store.damaged))
except StoreError as error:
    print("StoreError", error)
except OSError as error:
    print("OSError", error)
"""


def files(out: Path) -> dict[Path, tuple[int, int]]:
    """Every file and when it was changed."""
    return {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in sorted(out.rglob("*")) if p.name != "lock"}


def expected(ids: set[str], table: str) -> list[str]:
    return packs.shown([row for run_id in ids for row in packs.of_run(run_id)[table]])


def read(store: Store) -> dict[str, list[str]]:
    return {table: packs.shown(rows.to_pylist()) for table, rows in store.read_all().items() if table != "failures"}


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def collected(out: Path) -> Path:
    """The folder, with a store of eight runs."""
    store = Store(out)
    store.write("p", packs.pack(IDS[:5]))
    store.write("q", packs.pack(IDS[5:]))
    collect(store, [])
    return out


@pytest.fixture(scope="module")
def collected_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return collected(tmp_path_factory.mktemp("collected"))


@pytest.fixture
def out(collected_before: Path, tmp_path: Path) -> Path:
    """A store of eight collected runs."""
    return shutil.copytree(collected_before, tmp_path / "out")


@pytest.mark.parametrize(
    ("limit", "value"), [("RLIMIT_NPROC", 3), ("RLIMIT_AS", 400 << 20), ("RLIMIT_NOFILE", 3), ("RLIMIT_NOFILE", 4)]
)
def test_no_limit_of_the_system_is_taken_for_damage(out: Path, limit: str, value: int) -> None:
    Store(out).write("r", packs.pack(packs.run_ids(2, first=20)))
    for path in [out, *out.rglob("*")]:
        os.chown(path, _USER, _USER) if os.geteuid() == 0 else None
    parents = [*out.parents][:-1]
    before, modes = files(out), {path: path.stat().st_mode for path in parents}
    user = ["setpriv", f"--reuid={_USER}", "--clear-groups", "--inh-caps=-all,+dac_read_search"]
    user += ["--ambient-caps=+dac_read_search"]  # the interpreter may lie where only root looks
    command = [*(user if os.geteuid() == 0 else []), sys.executable, "-c", _READS, limit, str(value), str(out)]
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    tries = _TRIES if limit == "RLIMIT_NPROC" else 1  # Arrow starts a second thread where the first one is late
    for k in range(tries):
        said = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
        one_line = said.stdout.startswith(("StoreError cannot read ", "OSError")) and said.stdout.count("\n") == 1
        assert said.stdout.startswith("10 ") or one_line or "MemoryError" in said.stderr, said
        assert files(out) == before
        assert {path: path.stat().st_mode for path in parents} == modes
        assert not (out / "store" / "damaged").exists()
        if said.stdout.startswith("10 "):
            break
        assert limit != "RLIMIT_NPROC" or k + 1 < tries, said


def test_who_only_looks_leaves_damage_where_it_is_and_says_who_moves_it(out: Path) -> None:
    path = packs.file(Store(out), "eigenvalues")
    flip(path, 42)
    before = files(out)
    store = Store(out, only_looks=True)
    tables = read(store)
    assert files(out) == before
    assert tables["runs"] == expected(_WITHOUT_EIGENVALUES, "runs")
    assert tables["curves"] == expected(_WITHOUT_EIGENVALUES, "curves")
    assert store.done() == _WITHOUT_EIGENVALUES
    (damage,) = map(str, store.damaged)
    assert damage.startswith(f"{path} is damaged (")
    assert damage.endswith("its runs are shown as pending; `hw1 collect` sets it aside")
    assert len(collect(Store(out), []).damaged) == 1
    assert not Store(out, only_looks=True).damaged
    assert Store(out, only_looks=True).done() == _WITHOUT_EIGENVALUES


def test_only_runs_with_rows_in_the_damaged_table_are_lost_and_the_others_keep_every_number(out: Path) -> None:
    flip(packs.file(Store(out), "eigenvalues"), 42)
    collected = collect(Store(out), IDS)
    assert set(collected.missing) == set(IDS) - _WITHOUT_EIGENVALUES
    (damage,) = collected.damaged
    assert f"{len(collected.missing)} of its runs are pending again" in str(damage)
    after = read(Store(out))
    assert {table: rows for table, rows in after.items() if rows} == {
        table: expected(_WITHOUT_EIGENVALUES, table) for table in ("runs", "curves", "snapshots")
    }


def test_whatever_byte_of_whatever_file_is_flipped_the_rows_read_are_right_and_only_its_own_are_lost(out: Path) -> None:
    _check_flips(Store(out), list((out / "store" / "collected").glob("*.parquet")), set(IDS))


def test_that_holds_for_parts_too(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for k in (0, 4):
        store.write(f"p{k}", packs.pack(IDS[k : k + 4]))
    _check_flips(store, [packs.file(store, t, store.layout.names(t)[0]) for t in packs.pack(IDS)], set(IDS[:4]))


def _check_flips(store: Store, paths: list[Path], at_stake: set[str]) -> None:
    n_noticed = 0
    for path in paths:
        table = store.layout.source(path)[0]
        own = {i for i in at_stake if table != "eigenvalues" or packs.has_eigenvalues(i)}
        for place in range(path.stat().st_size % 97, path.stat().st_size, 97):
            flip(path, place)
            looked = Store(store.layout.folder.parent, only_looks=True)
            tables = read(looked)
            left = {*looked.read("runs")["run_id"].to_pylist()}
            assert left >= set(IDS) - (own if table != "failures" else set()), f"{path} {place}"
            assert {t: rows for t, rows in tables.items() if rows} == {
                t: rows for t in packs.pack(IDS[1:2]) if (rows := expected(left, t))
            }, f"{path} {place}"
            n_noticed += bool(looked.damaged)
            flip(path, place)
    assert n_noticed > 30


def test_rows_of_whole_row_groups_of_a_damaged_file_are_kept(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("results.parquet._ROWS", 12)
    Store(out).write("r", packs.pack(packs.run_ids(1, first=20)))
    collect(Store(out), [])
    path = packs.file(Store(out), "curves")
    flip(path, 42)  # in the first row group
    done = {*IDS, *packs.run_ids(1, first=20)}
    left = done - set(collect(Store(out), sorted(done)).missing)
    assert 3 < len(left) < len(done)
    after = read(Store(out))
    for table in ("runs", "curves", "eigenvalues", "snapshots"):
        assert after[table] == expected(left, table)


def test_an_older_collected_file_in_the_place_of_a_newer_one_is_noticed(out: Path) -> None:
    older = packs.file(Store(out), "eigenvalues").read_bytes()
    Store(out).write("r", packs.pack(packs.run_ids(3, first=20)))
    collect(Store(out), [])
    packs.file(Store(out), "eigenvalues").write_bytes(older)
    store = Store(out)
    assert store.done() == {i for i in {*IDS, *packs.run_ids(3, first=20)} if not packs.has_eigenvalues(i)}
    assert "bytes" in store.damaged[0].reason


def test_a_file_of_the_right_size_from_another_commit_is_noticed_on_reading(out: Path) -> None:
    path = packs.file(Store(out), "curves")
    token = path.stem.partition("-")[2].encode()
    path.write_bytes(path.read_bytes().replace(token, b"0" * len(token)))
    store = Store(out)
    assert read(store)["runs"] == []
    assert "its commit's token" in store.damaged[0].reason


def _put_back(kept: Path) -> None:
    """Do as the file beside damaged files says, with a shell."""
    text = (kept / "README.txt").read_text()
    lines = [line for line in text.splitlines() if line.startswith(("    cd ", "    mv "))]
    subprocess.run(["sh", "-ec", "\n".join(lines)], check=True)


@pytest.mark.parametrize("table", ["runs", "curves", "eigenvalues"])
@pytest.mark.parametrize("name", ["p", COLLECTED])
def test_what_was_set_aside_can_be_put_back_as_its_readme_says(tmp_path: Path, name: str, table: str) -> None:
    store = Store(tmp_path / "a b")
    store.write("p", packs.pack(IDS))
    if name == COLLECTED:
        collect(store, [])
    path = packs.file(store, table, COLLECTED if name == COLLECTED else store.layout.names("runs")[0])
    whole = path.read_bytes()
    flip(path, 42)
    (damage,) = collect(store, IDS).damaged
    assert damage.kept is not None
    (damage.kept / f"{table}.parquet").write_bytes(whole)
    _put_back(damage.kept)
    collected = collect(Store(tmp_path / "a b"), IDS)
    assert collected.missing == ()
    assert collected.damaged == ()
    after = read(Store(tmp_path / "a b"))
    assert {t: rows for t, rows in after.items() if rows} == {
        t: expected(set(IDS), t) for t in ("runs", "curves", "eigenvalues", "snapshots")
    }


def test_several_damaged_tables_of_one_commit_go_together(out: Path) -> None:
    for table in ("eigenvalues", "snapshots"):
        flip(packs.file(Store(out), table), 42)
    collected = collect(Store(out), IDS)
    assert collected.n_runs == 0
    assert len(collected.damaged) == 1
    assert collected.damaged[0].kept is not None
    assert {"eigenvalues.parquet", "snapshots.parquet"} <= {p.name for p in collected.damaged[0].kept.iterdir()}


def test_a_store_that_may_only_be_read_is_read_whole_also_where_something_is_damaged(out: Path) -> None:
    flip(packs.file(Store(out), "eigenvalues"), 42)
    for path in [*out.rglob("*"), out]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    user = ["setpriv", f"--reuid={_USER}", "--clear-groups", "--inh-caps=-all,+dac_read_search"]
    user += ["--ambient-caps=+dac_read_search"]
    command = [*(user if os.geteuid() == 0 else []), sys.executable, "-c", _READS, "RLIMIT_CORE", "0", str(out), "look"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    said = subprocess.check_output(command, text=True, env=env)
    assert said.split()[::2] == [str(len(_WITHOUT_EIGENVALUES)), "1"]
