"""The notice that a sweep has ended: posted to a real server on this machine."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jobs.imports import project_of
from jobs.submission.notice import NoticeJob
from jobs.sweep import sweep
from jobs.tests.commands import hw1
from jobs.tests.site import Site
from jobs.tests.workers import FITS, train
from jobs.worker import notices
from jobs.worker.notices import post
from slurm import ledger
from slurm.attempts import Attempt
from slurm.profiles import load
from slurm.tasks import Task

STUDY = """
from jobs import Run, grid, study

@study(runs=grid(seed=range(3)), minutes=0.001)
def fit(run: Run, *, seed: int) -> dict:
    if seed == 2 and (run.here / "bad").exists():
        raise ZeroDivisionError("no")
    return {"x": 1.0}
"""


class Chat:
    """A server that takes notices, or answers with these codes first."""

    def __init__(self) -> None:
        """On a free port of this machine."""
        self.taken: list[dict[str, Any]] = []
        self.codes: list[int] = []
        self.n_calls = 0
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                chat.n_calls += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = chat.codes.pop(0) if chat.codes else 200
                if code == 200:
                    chat.taken.append({"type": self.headers["Content-Type"], "path": self.path, **json.loads(body)})
                self.send_response(code)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hooks/s3cret"


@pytest.fixture
def chat() -> Iterator[Chat]:
    made = Chat()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def place(tmp_path: Path, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a study and an `hw1.toml`, whose profile tells the chat."""
    (tmp_path / "fits.py").write_text(STUDY)
    (tmp_path / "hw1.toml").write_text('project = "fits.py"\nout = "out"\nprofile = "mine.toml"\n')
    (tmp_path / "mine.toml").write_text(f'extends = "generic"\nnotify.webhook = "{chat.address}"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_local_sweep_tells_once_that_all_is_done(place: Path, chat: Chat) -> None:
    done = hw1("submit", "--local", "--workers", "1")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "the notice was posted")
    (told,) = chat.taken
    assert told["text"] == told["content"] == f"hw1 {told['project']}: all 3 runs done, in {place}/out"
    assert told["project"].endswith("fits")
    assert (told["state"], told["done"], told["failed"]) == ("done", 3, 0)
    assert (told["type"], told["path"]) == ("application/json", "/hooks/s3cret")
    assert hw1("submit", "--local").returncode == 0
    assert len(chat.taken) == 1


def test_a_sweep_with_a_failed_run_needs_someone(place: Path, chat: Chat) -> None:
    (place / "bad").touch()
    assert hw1("submit", "--local", "--workers", "1").returncode == 1
    (told,) = chat.taken
    assert told["state"] == "needs someone"
    assert told["text"] == f"hw1 {told['project']}: 2 of 3 runs done, 1 failed, in {place}/out: `hw1 status` tells why"


def test_a_notice_that_nobody_takes_fails_nothing_and_no_secret_is_printed(place: Path, chat: Chat) -> None:
    chat.codes = [404]
    done = hw1("submit", "--local", "--workers", "1")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "the notice could not be posted: its server answered 404",
    )
    shown = hw1("profiles", "./mine.toml")
    assert f"http://127.0.0.1:{chat.server.server_port}/…" in shown.stdout
    assert "s3cret" not in done.stdout + done.stderr + shown.stdout + shown.stderr


def test_a_broken_profile_is_said_and_the_runs_are_trained(place: Path, chat: Chat) -> None:
    (place / "mine.toml").write_text('extends = "generic"\nnotify.webhok = "http://chat.example/s3cret"\n')
    done = hw1("submit", "--local", "--workers", "1")
    assert done.returncode == 0
    assert "not taken: profile " in done.stderr
    assert "notify.webhok: must be one of webhook, mail, got an unknown field (`webhook`?)" in done.stderr
    assert ("s3cret" in done.stdout + done.stderr, chat.taken) == (False, [])


def test_without_a_profile_nobody_is_told(place: Path, chat: Chat) -> None:
    (place / "mine.toml").write_text('extends = "generic"\n')
    assert "notice" not in hw1("submit", "--local", "--workers", "1").stdout
    assert chat.taken == []


def test_a_server_in_trouble_is_asked_again_and_one_that_refuses_is_not(chat: Chat) -> None:
    chat.codes = [503, 500]
    assert post(chat.address, {"text": "a"}, pauses_s=(0, 0, 0)) == "the notice was posted"
    chat.codes = [410]
    assert post(chat.address, {}, pauses_s=(0, 0, 0)) == "the notice could not be posted: its server answered 410"
    assert (chat.n_calls, len(chat.taken)) == (4, 1)


def test_a_server_that_is_not_there_or_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert post("http://127.0.0.1:1/s3cret", {}, pauses_s=(0, 0)) == (
        "the notice could not be posted: Connection refused"
    )
    assert "s3cret" not in post("http://a..b/s3cret", {}, pauses_s=(0,))
    monkeypatch.setattr(notices, "TIMEOUT_S", 0.1)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as deaf:  # takes calls, and never looks at them
        said = post(f"http://127.0.0.1:{deaf.server_port}/s3cret", {}, pauses_s=(0,))
    assert said.startswith("the notice could not be posted: ")
    assert "s3cret" not in said


def test_the_job_on_a_cluster_counts_the_runs_and_posts(
    place: Path, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_of("fits.py", place)
    asked = NoticeJob.of(sweep(project), place / "out", chat.address).asked
    NoticeJob(origin=project.origin, out=place / "out", asked=asked, webhook=chat.address)()
    assert "fits: 0 of 3 runs done, 3 pending, in " in chat.taken[0]["text"]
    assert capsys.readouterr().out.splitlines() == [chat.taken[0]["text"], "the notice was posted"]


def test_the_first_run_that_fails_in_a_job_is_told_at_once_and_no_other(
    tmp_path: Path, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"folder": tmp_path, "prefix": "x", "profile": load("generic"), "code": tmp_path, "max_array_size": 2}
    submission = ledger.record([[Task(name="t", call=print, minutes=1)]], **where)  # type: ignore[arg-type]
    monkeypatch.setattr("slurm.attempts._Current.attempt", Attempt(job_id="7_0", submission=submission))
    train(FITS[:1], tmp_path, webhook=chat.address)
    assert chat.taken == []

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr("hw1.train.train", broken)
    train(FITS[1:3], tmp_path, webhook=chat.address)
    train(FITS[3:], tmp_path, webhook=chat.address)
    (told,) = chat.taken
    failed = min(fit.run_id for fit in FITS[1:3])
    assert told["text"] == (
        f"hw1 hw1: run {failed} failed (exception: ZeroDivisionError: no), the others go on, in {tmp_path}: "
        f"`hw1 logs {failed}` tells more"
    )
    assert told["state"] == "needs someone"


def test_on_a_cluster_the_last_job_of_all_tells_and_a_later_one_takes_its_place(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.profile.open("a") as file:
        file.write('notify = {webhook = "https://chat.example/s3cret", mail = "me@example.org"}\n')
    said = site.submit("--study", "walk", "--report")
    assert "once all has ended you are told, as the profile says: `hw1 logs notice` shows how that went" in said
    first = {"71": ["0-1", "gpu:a100:1"], "72": ["0-0", "afterany:71"], "73": ["0-0", "afterany:71:72"]}
    assert site.asked() == first
    mail = "#SBATCH --mail-type=END\n#SBATCH --mail-user=me@example.org\n"
    assert [mail in (site.queue / f"{job}.sh").read_text() for job in first] == [False, False, True]
    site.submit("--study", "climb")
    later = {"74": ["0-1", "afterany:71", "gpu:a100:1"], "75": ["0-0", "afterany:71:72:74"]}
    assert site.asked() == {"71": first["71"], "72": first["72"], **later}
    assert not any("s3cret" in path.read_text() for path in [*site.queue.iterdir(), *site.out.rglob("*.json")])
    assert site.hw1("cancel", "notice", "--yes").startswith("1 job(s)")
    assert list(site.asked()) == ["71", "72", "74"]
