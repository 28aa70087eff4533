"""The script as a whole, what it does in a shell, and what is made of sbatch's answers."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from slurm import script
from slurm.profiles import Gpu, Profile, load
from slurm.script import Array, SbatchError, sbatch, text
from slurm.tests.site import program

_GOLDEN = Path(__file__).parent / "golden" / "palmetto.sh"

ODD = ["plain", "two words", "it's", 'a "b"', "a #b", "$HOME `id`; &", "100%job %A", "é", "-x", "a=b"]


def an_array(profile: str | Profile = "generic", **changes: Any) -> Array:
    given = load(profile) if isinstance(profile, str) else profile
    values = {"name": "hw1-a-0", "n": 3, "offset": 0, "folder": Path("/out"), "code": Path("/code")} | changes
    return Array(profile=given, **values)


def with_gpu(form: str, kind: str, count: int) -> Profile:
    gpu = Gpu.model_validate({"form": form, "type": kind, "count": count})
    return load("generic").model_copy(update={"gpu": gpu})


def flags(written: str) -> dict[str, str]:
    """The flags of a script as sbatch takes them apart."""
    lines = [line.removeprefix("#SBATCH ") for line in written.splitlines() if line.startswith("#SBATCH ")]
    words = [shlex.split(line) for line in lines]
    assert all(len(word) == 1 for word in words)
    return {name.removeprefix("--"): value for (word,) in words for name, _, value in [word.partition("=")]}


def test_the_palmetto_script_is_the_golden_one() -> None:
    profile = load("palmetto").model_copy(update={"python": "/home/me/hw1/.venv/bin/python"})
    array = Array(
        profile=profile,
        name="hw1-20260101T000000-abcdef-1",
        n=1001,
        offset=1001,
        folder=Path("/scratch/me/out/submissions/20260101T000000-abcdef"),
        code=Path("/scratch/me/out/code/0123456789abcdef"),
    )
    assert text(array) == _GOLDEN.read_text()


@pytest.mark.parametrize(
    ("form", "kind", "count", "flag"),
    [
        ("none", "", 0, {}),
        ("gres", "a100", 1, {"gres": "gpu:a100:1"}),
        ("gres", "", 2, {"gres": "gpu:2"}),
        ("gpus", "a100", 1, {"gpus": "a100:1"}),
        ("gpus", "", 2, {"gpus": "2"}),
        ("gpus-per-node", "a100", 1, {"gpus-per-node": "a100:1"}),
        ("gpus-per-node", "", 2, {"gpus-per-node": "2"}),
        ("gpus-per-task", "a100", 1, {"gpus-per-task": "a100:1"}),
        ("gpus-per-task", "", 2, {"gpus-per-task": "2"}),
    ],
)
def test_gpus_are_asked_for_in_the_profiles_form(form: str, kind: str, count: int, flag: dict[str, str]) -> None:
    asked = flags(text(an_array(with_gpu(form, kind, count))))
    assert {name: value for name, value in asked.items() if name.startswith(("gpu", "gres"))} == flag


def test_a_profile_that_asks_for_nothing_leaves_all_to_the_site() -> None:
    assert flags(text(an_array(n=1, name="a"))) == {
        "array": "0-0%1",
        "cpus-per-task": "1",
        "error": "/out/logs/%A_%a_0_log.err",
        "job-name": "a",
        "mem": "4096M",
        "nodes": "1",
        "ntasks-per-node": "1",
        "open-mode": "append",
        "output": "/out/logs/%A_%a_0_log.out",
        "requeue": "",
        "signal": "USR2@120",
        "time": "60",
    }


ASKED: list[tuple[str, list[str]]] = [
    ('reservation = "maint_1"', ["--reservation=maint_1"]),
    ('cluster = "b"', ["--clusters=b"]),
    ('exclude = "node[1-4],login"', ["--exclude='node[1-4],login'"]),
    ("exclusive = true", ["--exclusive"]),
    ("exclusive = false", []),
    ('exclusive = "user"', ["--exclusive=user"]),
    ('licenses = "matlab@site:1,abaqus:2"', ["--licenses=matlab@site:1,abaqus:2"]),
    ('mail_type = "FAIL,TIME_LIMIT_80"', ["--mail-type=FAIL,TIME_LIMIT_80"]),
    ('mail_user = "{user}@example.org"', ["--mail-user=me@example.org"]),
    ('account = "{user}_lab"', ["--account=me_lab"]),
    ("memory_gb = 1.5", ["--mem=1536M"]),
    ("memory_gb = 0.0", []),
    ("memory_per_cpu_gb = 0.5", ["--mem-per-cpu=512M"]),
    ('memory_per_gpu_gb = 8\ngpu = {form = "gres"}', ["--gres=gpu:1", "--mem-per-gpu=8192M"]),
    ('gpu = {form = "gres", type = "a100"}\nsbatch = {gres = "tmp:10"}', ["--gres=gpu:a100:1,tmp:10"]),
    ('sbatch = {gres = "tmp:10"}', ["--gres=tmp:10"]),
    ("sbatch = {hold = true, nice = 100, reboot = false}", ["--hold", "--nice=100"]),
    ('sbatch = {comment = "it\'s [red] #1 of $HOME"}', ["--comment='it'\"'\"'s [red] #1 of $HOME'"]),
    ('sbatch = {comment = ""}', []),
]


@pytest.mark.parametrize(("lines", "asked"), ASKED)
def test_a_field_is_these_lines_and_no_others(
    lines: str, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "me")
    path, least = tmp_path / "mine.toml", 'partition = ""\ntime_limit_min = 60\n'
    path.write_text(least + 'gpu = {form = "none"}\n')
    before = text(an_array(str(path))).splitlines()
    path.write_text(least + lines + ("" if "gpu =" in lines else '\ngpu = {form = "none"}\n'))
    after = text(an_array(str(path))).splitlines()
    assert not set(before) - set(after)
    assert [line for line in after if line not in before] == [f"#SBATCH {flag}" for flag in asked]


def test_a_container_starts_the_interpreter_and_the_end_is_told_outside_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script.sys, "executable", "/env/bin/python")
    path = tmp_path / "mine.toml"
    path.write_text("extends = 'generic'\ncontainer = 'apptainer exec --bind \"/a b\" image.sif'\n")
    said = text(an_array(str(path)))
    srun = "srun --unbuffered --cpus-per-task=1"
    assert f"{srun} apptainer exec --bind '/a b' image.sif python3 -P /out/entry.py /code run /out 0\n" in said
    assert "exec /env/bin/python -P /out/entry.py /code end /out 0 $status" in said
    inside = load(str(path)).model_copy(update={"python": "/opt/python"})
    assert "image.sif /opt/python -P /out/entry.py /code run" in text(an_array(inside))


def test_what_a_profile_sets_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBMITIT_PREEMPT_SIGNAL", "USR1")
    values = {"account": "lab", "qos": "high", "constraint": "[a100|l40s]", "requeue": False, "throttle": 2}
    asked = flags(text(an_array(load("palmetto").model_copy(update=values))))
    expected = {"account": "lab", "qos": "high", "constraint": "[a100|l40s]", "no-requeue": "", "array": "0-2%2"}
    assert asked.items() >= expected.items()
    assert asked["signal"] == "USR2@180"
    assert "requeue" not in asked


def test_memory_is_never_rounded_to_all_of_a_node() -> None:
    little = load("generic").model_copy(update={"memory_gb": 1e-6})
    assert flags(text(an_array(little)))["mem"] == "1M"


@pytest.mark.parametrize("name", ODD)
def test_an_odd_folder_stays_one_word(name: str) -> None:
    written = text(an_array(folder=Path("/out", name), code=Path("/code", name)))
    assert flags(written)["output"] == f"/out/{name}/logs/".replace("%", "%%") + "%A_%a_0_log.out"
    read = subprocess.run(["bash", "-n"], input=written.encode(), capture_output=True, check=False)
    assert (read.returncode, read.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n": 0}, "`n` must be >= 1 and `offset` >= 0, got n=0 and offset=0"),
        ({"offset": -1}, "`n` must be >= 1 and `offset` >= 0, got n=3 and offset=-1"),
        ({"name": "../a"}, "`name` must be letters, digits and _.+=- with no dash in front, got '../a'"),
        ({"name": "-a"}, "`name` must be letters, digits and _.+=- with no dash in front, got '-a'"),
        ({"folder": Path("out")}, "`folder` must be an absolute path of printable letters but \\, got 'out'"),
        ({"folder": Path("/a\nb")}, "`folder` must be an absolute path of printable letters but \\, got '/a\\nb'"),
        ({"folder": Path("/a\\b")}, "`folder` must be an absolute path of printable letters but \\, got '/a\\\\b'"),
        ({"code": Path("/a\udcff")}, "`code` must be an absolute path of printable letters but \\, got '/a\\udcff'"),
        ({"code": Path("/a:b")}, "`code` must be a path without colons, as PYTHONPATH separates by them, got /a:b"),
    ],
)
def test_what_a_script_cannot_say_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        an_array(**changes)


@pytest.mark.parametrize("setup", [(), ("set -e",), ("set -euo pipefail",)])
@pytest.mark.parametrize("name", ODD)
def test_a_start_is_told_from_its_end_with_the_status_of_srun(
    name: str, setup: tuple[str, ...], tmp_path: Path
) -> None:
    """A stand-in for srun terminates the batch shell, as preemption does, and ends with status 75."""
    said = tmp_path / "said"
    python = program(
        tmp_path / name / "python", f'printf "%s\\n" "${{PYTHONPATH-unset}}" "$OMP_NUM_THREADS" "$@" >> {said}'
    )
    program(tmp_path / "bin" / "srun", 'echo "$1 $2" >&2', 'shift 2; "$@"', "kill -TERM $PPID; exit 75")
    values = {"setup": ("export PYTHONPATH=/site", *setup), "python": str(python), "cpus": 3}
    folder, code = Path("/out", name), Path("/code", name)
    array = an_array(load("generic").model_copy(update=values), folder=folder, code=code, offset=7)
    path = tmp_path / "script.sh"
    path.write_text(text(array))
    environment = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(["bash", path], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "--unbuffered --cpus-per-task=3\n")
    node = ["/site", "3", "-P", str(folder / "entry.py"), str(code)]
    assert said.read_text().splitlines() == [*node, "run", str(folder), "7", *node, "end", str(folder), "7", "75"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a stand-in of sbatch, in front of the real one if there is one."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin", prepend=os.pathsep)
    return tmp_path / "bin"


@pytest.mark.parametrize("answer", ["12", "12;cluster", "welcome\\n12"])
def test_a_submitted_array_is_written_down_and_known_by_its_id(answer: str, site: Path, tmp_path: Path) -> None:
    program(site / "sbatch", f'cp "$2" {tmp_path}/taken; [ "$1" = --parsable ] && printf "{answer}\\n"')
    array = an_array(folder=tmp_path / "a folder")
    array.folder.mkdir()
    assert sbatch(array) == "12"
    assert (tmp_path / "taken").read_text() == (tmp_path / "a folder" / "hw1-a-0.sh").read_text() == text(array)


def test_a_job_submits_as_if_it_were_none(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_out = {"SLURM_JOB_ID": "1", "SBATCH_PARTITION": "a", "SLURM_MEM_PER_NODE": "1", "SUBMITIT_X": "a", "RANK": "0"}
    kept = {"SLURM_CONF": "/etc/slurm.conf", "MINE": "a"}
    for name, value in {**left_out, **kept}.items():
        monkeypatch.setenv(name, value)
    program(site / "sbatch", f"env > {tmp_path}/env; echo 1")
    sbatch(an_array(folder=tmp_path))
    seen = dict(line.partition("=")[::2] for line in (tmp_path / "env").read_text().splitlines())
    assert not left_out.keys() & seen.keys()
    assert seen.items() >= kept.items()
    assert os.environ["SLURM_JOB_ID"] == "1"


_FAILED = "sbatch: error: Batch job submission failed: "
_LIMIT = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (f"{_FAILED}Invalid job array specification", "array_size"),
        (f"sbatch: error: AssocMaxSubmitJobLimit\n{_FAILED}{_LIMIT}", "submit_limit"),
        (f"sbatch: error: QOSMaxSubmitJobPerUserLimit\n{_FAILED}{_LIMIT}", "submit_limit"),
        (f"sbatch: error: AssocGrpSubmitJobsLimit\n{_FAILED}{_LIMIT}", "submit_limit"),
        (f"sbatch: error: MaxSubmitJobsPerUser\n{_FAILED}{_LIMIT}", "submit_limit"),
        (f"{_FAILED}Slurm temporarily unable to accept job, sleeping and retrying", "submit_limit"),
        (f"{_FAILED}Unable to contact slurm controller (connect failure)", "unreachable"),
        (f"{_FAILED}Socket timed out on send/recv operation", "unreachable"),
        (f"sbatch: error: Slurm temporarily unable to accept job\n{_FAILED}Socket timed out", "unreachable"),
        (f"{_FAILED}{_LIMIT}", "refused"),
        (f"{_FAILED}Invalid account or account/partition combination specified", "refused"),
    ],
)
def test_a_refusal_is_in_slurms_words_and_of_a_kind(said: str, kind: str, site: Path, tmp_path: Path) -> None:
    program(site / "sbatch", f"printf %s {shlex.quote(said)} >&2; exit 1")
    with pytest.raises(SbatchError) as refused:
        sbatch(an_array(folder=tmp_path))
    assert (str(refused.value), refused.value.kind) == (said.replace("\n", " "), kind)


@pytest.mark.parametrize(
    ("lines", "message", "kind"),
    [
        ("exit 3", "sbatch failed with exit code 3", "refused"),
        ("echo hello", "sbatch must answer with a job id, got 'hello' and exit code 0", "unreachable"),
        ("kill -9 $$", "sbatch must answer with a job id, got '' and exit code -9", "unreachable"),
        ("echo retrying >&2; exec sleep 60", "sbatch did not answer within 1 s. retrying", "unreachable"),
    ],
)
def test_without_an_id_nobody_knows_whether_the_job_was_taken(
    lines: str, message: str, kind: str, site: Path, tmp_path: Path
) -> None:
    program(site / "sbatch", lines)
    with pytest.raises(SbatchError) as refused:
        sbatch(an_array(folder=tmp_path), timeout_s=1.0 if "sleep" in lines else 60.0)
    assert (str(refused.value), refused.value.kind) == (message, kind)


def test_a_machine_without_slurm_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    array = an_array(folder=tmp_path)
    with pytest.raises(SbatchError, match=r"^sbatch is not here: submit from a login node of the cluster$"):
        sbatch(array)


def test_the_interpreter_that_submits_runs_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.sys, "executable", "/my env/bin/python")
    assert "srun --unbuffered --cpus-per-task=1 '/my env/bin/python' -P /" in text(an_array())
