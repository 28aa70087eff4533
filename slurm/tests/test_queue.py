"""What is made of what Slurm's clients print, whoever else has jobs there and whatever the site adds."""

import os
from pathlib import Path

import pytest

from slurm import queue
from slurm.queue import Asked, SlurmError
from slurm.tests.site import program

ME = os.getuid()
HELD = f"hw1|7|0|{ME}|PENDING||30:00|a|JobHeldAdmin"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for stand-ins, in front of PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=os.pathsep)
    return tmp_path / "bin"


def says(site: Path, *lines: str) -> None:
    """Have squeue print this."""
    (site.parent / "said").write_bytes(b"".join(os.fsencode(line) + b"\n" for line in lines))
    program(site / "squeue", f'echo "$@" >> {site.parent}/asked', f"cat {site.parent}/said")


def test_a_strangers_job_of_the_same_name_is_none_of_ours(site: Path) -> None:
    says(site, f"hw1|8|0|{ME + 1}|REQUEUE_HOLD||30:00|a|held", HELD, f"hw1|9|0|{ME + 1}|RUNNING|n|1:00|a|None")
    found = queue.elements({"a": Asked(ME, None)})
    assert [(key, job.job_id) for key, job in found.items()] == [(("a", 0), "7_0")]
    assert f"--user={ME}" in (site.parent / "asked").read_text()


def test_a_script_that_was_submitted_again_by_hand_is_not_taken_for_ours(site: Path) -> None:
    says(site, HELD, f"hw1|8|0|{ME}|RUNNING|n|1:00|a|None")
    assert queue.elements({"a": Asked(ME, "7")})["a", 0].job_id == "7_0"


def test_banners_and_bytes_that_are_no_text_are_passed_over(site: Path) -> None:
    says(
        site,
        "Welcome! Maintenance on \udcff|friday|",
        "",
        HELD,
        "\x1b[2J",
        f"hw1|7|1|{ME}|RUNNING|n\udcff\x1b[2J|1:00|a|",
    )
    found = queue.elements({"a": Asked(ME, None)})
    assert [job.state for job in found.values()] == ["PENDING", "RUNNING"]
    assert found["a", 1].node == "n\N{REPLACEMENT CHARACTER}\\x1b[2J"


@pytest.mark.parametrize("line", ["hw1|7|0", f"hw1|x|0|{ME}|PENDING||1|a|None", "hw1|", f"hw1|7|0|{ME}|pending||1|a|"])
def test_a_line_that_is_cut_is_no_answer_so_that_nothing_is_taken_for_lost(line: str, site: Path) -> None:
    says(site, HELD, line)
    with pytest.raises(SlurmError, match=r"^squeue printed a line that is not understood: "):
        queue.elements({"a": Asked(ME, None)})


def test_thousands_of_names_and_ids_are_asked_for_in_several_calls(site: Path) -> None:
    says(site, f"hw1|7|0|{ME}|PENDING||1|name-4999|None")
    asked = {f"name-{k}" + "x" * 200 * (k < 4999): Asked(ME, None) for k in range(5000)}
    assert list(queue.elements(asked)) == [("name-4999", 0)]
    assert len((site.parent / "asked").read_text().splitlines()) == 10
    program(site / "scancel", f'echo "$#" >> {site.parent}/cancelled')
    queue.cancel([f"{k}_0" for k in range(5000)])
    assert (site.parent / "cancelled").read_text().split() == ["501"] * 10


@pytest.mark.slow
def test_a_client_that_says_nothing_in_time_or_cannot_be_run_is_named(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_TIMEOUT_S", 0.2)
    program(site / "squeue", "sleep 30 &", "sleep 30")
    with pytest.raises(SlurmError, match=r"^squeue did not answer within 0 s$"):
        queue.n_queued()
    (site / "squeue").write_bytes(b"\x7fELF")
    with pytest.raises(SlurmError, match=r"^squeue cannot be run: Exec format error$"):
        queue.n_queued()


def test_what_a_client_complains_of_is_one_plain_line(site: Path) -> None:
    program(site / "squeue", r"printf 'a\nslurm: \033[2Jerror\377\n' >&2; exit 1")
    with pytest.raises(SlurmError) as raised:
        queue.n_queued()
    assert str(raised.value) == "slurm: \\x1b[2Jerror\N{REPLACEMENT CHARACTER}"


def test_jobs_are_counted_without_what_else_is_printed(site: Path) -> None:
    says(site, "welcome", "hw1|7_0", "hw1|7_1", "", "bye")
    assert queue.n_queued() == 2


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("JobHeldAdmin", "held by an administrator: ask them to release it"),
        ("JobHeldUser", "held: `scontrol release 7_0` lets it start"),
        ("Priority", "Priority"),
    ],
)
def test_a_job_that_is_held_is_said_to_be(reason: str, why: str, site: Path) -> None:
    says(site, f"hw1|7|0|{ME}|PENDING||30:00|a|{reason}")
    job = queue.elements({"a": Asked(ME, None)})["a", 0]
    assert (job.why, job.waits) == (why, True)
