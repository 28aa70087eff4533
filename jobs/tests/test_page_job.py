"""Submissions whose jobs wait for others, on a stand-in for Slurm that never starts any: what sbatch is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.cli.page_job import PageJob
from jobs.imports import project_of
from jobs.sweep import sweep
from jobs.tests.projects import stages
from jobs.tests.site import Site
from results.energy import Factors


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_the_last_job_waits_for_all_others_without_a_gpu_and_a_later_one_takes_its_place(site: Site) -> None:
    said = site.submit("--study", "walk", "--report")
    assert "the last job collects them and draws the page: `hw1 logs report` shows its log" in said
    assert site.asked() == {"71": ["0-1", "gpu:a100:1"], "72": ["0-0", "afterany:71"]}
    assert "4 runs in 2 tasks handed to Slurm" in site.submit("--study", "climb", "--report")
    later = {"73": ["0-1", "afterany:71", "gpu:a100:1"], "74": ["0-0", "afterany:71:73"]}
    assert site.asked() == {"71": ["0-1", "gpu:a100:1"], **later}
    site.submit("--report")
    assert site.asked() == {"71": ["0-1", "gpu:a100:1"], "73": later["73"], "75": later["74"]}
    assert "queued   5 job(s): waits for jobs whose results it needs" in site.hw1("status")
    assert site.hw1("cancel", "report", "--yes").startswith("1 job(s)")
    assert list(site.asked()) == ["71", "73"]
    assert site.hw1("cancel", "--all", "--yes").startswith("4 job(s) with 8 run(s) end")
    assert site.asked() == {}


def test_the_last_job_is_one_whose_log_can_be_asked_for(site: Site) -> None:
    site.submit("--report")
    (submission,) = [
        path for path in site.out.glob("submissions/*") if '[["report"]]' in (path / "ledger.json").read_text()
    ]
    (submission / "logs" / "73_0_0_log.out").write_text("4 figures, …/report.html and report.md\n")
    assert site.hw1("logs", "report") == "4 figures, …/report.html and report.md\n"


def test_the_call_of_the_last_job_collects_and_draws_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_of(str(stages.__file__))
    command = [sys.executable, "-c", "from jobs.cli.app import main; main()", "-p", str(stages.__file__)]
    subprocess.run([*command, "submit", "--local", "--smoke", "--study", "walk", "--out", str(tmp_path)], check=True)
    chosen = sweep(project, smoke=True)
    made = PageJob.of(chosen, tmp_path, Factors(co2_g_per_kwh=50.0))
    PageJob(origin=project.origin, out=tmp_path, asked=dict(made.asked), factors=made.factors)()
    said = capsys.readouterr().out
    assert "4 of 8 runs are in" in said
    assert said.endswith(f"{tmp_path}/report/report.html and report.md\n")
    assert "50 g of CO₂ a kWh (profile)" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert list((tmp_path / "store" / "parts" / "runs").glob("*.parquet")) == []
