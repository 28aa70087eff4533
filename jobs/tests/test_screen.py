"""What `status` says beside the table of states."""

from pathlib import Path

from typer.testing import CliRunner

from hw1.tests import made
from jobs.tests.commands import APP
from results.collect import collect
from results.tests.stores import Store


def status(out: Path) -> str:
    shown = CliRunner().invoke(APP, ["status", "--study", "empty", "--seeds", "6", "--out", str(out)])
    assert shown.exit_code == 0, shown.output
    return shown.output


def write(out: Path, pack_id: str, seeds: range, **numerics: str) -> None:
    specs = [made.empty(seed=k) for k in seeds]
    one = {"pack_id": pack_id, "kind": "empty", "n_pack": len(specs), "device": "cpu", **numerics}
    columns = {name: [value] * len(specs) for name, value in one.items()}
    columns |= {"run_id": [spec.run_id for spec in specs], "spec": [spec.canonical() for spec in specs]}
    Store(out).write(pack_id, {"runs": columns})


def test_a_store_of_two_kinds_of_cpu_says_so_before_and_after_collecting(tmp_path: Path) -> None:
    assert "kinds of processor" not in status(tmp_path)
    write(tmp_path, "a", range(4), cpu="AMD EPYC [7713]", cpu_capability="AVX2")
    assert "kinds of processor" not in status(tmp_path)
    write(tmp_path, "b", range(4, 6), cpu="Xeon\x1b[2J", cpu_capability="AVX512")
    expected = (
        "mixed    2 kinds of processor, which round differently: "
        "4 on AMD EPYC [7713] (AVX2), 2 on Xeon\\x1b[2J (AVX512)\n"
    )
    assert status(tmp_path).endswith(expected)
    collect(Store(tmp_path), [made.empty(seed=k).run_id for k in range(6)])
    assert status(tmp_path).endswith(expected)
