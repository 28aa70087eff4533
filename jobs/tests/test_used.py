"""Asked against used, as `status` and `plan` say it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hw1.tests import made
from jobs.tests.commands import APP, hw1
from results.tests.stores import Store
from slurm.profiles import load


def shown(command: str, out: Path, *arguments: str) -> str:
    done = CliRunner().invoke(APP, [command, "--study", "empty", "--seeds", "6", "--out", str(out), *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def write(out: Path, **values: float | None) -> None:
    specs = [made.empty(seed=k) for k in range(6)]
    one = {
        "pack_id": "p",
        "kind": "empty",
        "study": "empty",
        "n_pack": 6,
        "device": "cpu",
        "job_id": "7_0",
        "host": "n",
    }
    columns = {name: [value] * 6 for name, value in {**one, "seconds": 60.0, **values}.items()}
    columns |= {"run_id": [spec.run_id for spec in specs], "spec": [spec.canonical() for spec in specs]}
    Store(out).write("p", {"runs": columns})


@pytest.mark.parametrize("command", ["status", "plan"])
def test_the_table_is_shown_where_it_is_asked_for_in_80_columns(command: str, tmp_path: Path) -> None:
    write(tmp_path, memory_gb=1.5, cpu_seconds=57.0, asked_memory_gb=8.0, asked_cpus=4, asked_minutes=240.0)
    assert "ask next time" not in shown(command, tmp_path)
    said = shown(command, tmp_path, "--used")
    assert [line.rstrip().split("  ")[-1] for line in said.splitlines() if " = " in line] == [
        "memory_gb = 2.0",
        "cpus = 1",
        "time_limit_min = 10",
    ]
    assert "empty  memory, GiB      8    1.50     1.50  memory_gb = 2.0" in said
    assert max(map(len, map(str.rstrip, said.splitlines()))) <= 80


def test_the_advice_can_be_pasted_into_a_profile(tmp_path: Path) -> None:
    write(tmp_path, memory_gb=1.5, cpu_seconds=150.0, asked_gpus=1)
    said = shown("status", tmp_path, "--used").splitlines()
    keys = [line.rstrip().split("  ")[-1] for line in said if " = " in line]
    (tmp_path / "mine.toml").write_text("\n".join(['extends = "generic"', *keys]))
    profile = load(str(tmp_path / "mine.toml"))
    assert (profile.memory_gb, profile.cpus, profile.time_limit_min, profile.gpu.form) == (2.0, 3, 10, "none")


def test_energy_goes_by_the_factors_of_the_profile_and_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "out", memory_gb=1.5, cpu_seconds=600.0)
    assert "energy   about 19 Wh and 8.9 g of CO₂: 12 W a core" in shown("status", tmp_path / "out", "--used")
    (tmp_path / "mine.toml").write_text('extends = "generic"\nenergy.co2_g_per_kwh = 50.0\n')
    said = shown("plan", tmp_path / "out", "--used", "--profile", str(tmp_path / "mine.toml"))
    assert "energy   about 19 Wh and 0.94 g of CO₂: 12 W a core" in said
    assert "50 g of CO₂ a kWh (profile)" in " ".join(said.split())
    (tmp_path / "hw1.toml").write_text('profile = "mine.toml"\n')
    monkeypatch.chdir(tmp_path)
    arguments = ("status", "--study", "empty", "--seeds", "6", "--used")
    done = hw1(*arguments, out=tmp_path / "out")
    assert (done.returncode, "about 19 Wh and 0.94 g of CO₂: 12 W" in done.stdout) == (0, True)
    (tmp_path / "mine.toml").unlink()
    done = hw1(*arguments, out=tmp_path / "out")
    assert (done.returncode, "about 19 Wh and 8.9 g of CO₂: 12 W" in done.stdout) == (0, True)
    assert "not taken: profile " in done.stderr


def test_a_store_of_before_says_that_nothing_is_known(tmp_path: Path) -> None:
    assert "used     nothing is known yet" in shown("status", tmp_path, "--used")
    write(tmp_path, memory_gb=1.5)
    assert "used     nothing is known yet" in shown("status", tmp_path, "--used")
