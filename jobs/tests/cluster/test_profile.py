"""A profile that says nearly all that it can, to a real Slurm."""

import json
import re
import sys

from jobs.tests.cluster.user import ROOT, User
from slurm.devcluster.layout import ACCOUNT, CLUSTER

SWEEP = ("--smoke", "--study", "simulate")
COMMENT = "it's a [red] #1 of `these` & $HOME; no; others"
PROFILE = f"""\
extends = "devcluster"
cluster = "{CLUSTER}"
exclude = "node[3-4]"
exclusive = true
mail_type = "NONE"
mail_user = "{{user}}@example.org"
memory_gb = 0
memory_per_cpu_gb = 1.5
container = "WRAPPER --bind '/a b' image.sif"
python = "{sys.executable}"
sbatch = {{comment = {json.dumps(COMMENT)}, nice = 7, reboot = false}}
"""
WRAPPER = '#!/bin/sh\necho "in a container with $2" >&2\nshift 3\nexec "$@"\n'


def test_what_a_profile_the_environment_and_the_command_line_say_is_what_slurm_has(user: User) -> None:
    wrapper = user.cluster.shared / f"{user.out.name}-container"
    wrapper.write_text(WRAPPER)
    wrapper.chmod(0o755)
    profile = user.cluster.shared / f"{user.out.name}.toml"
    profile.write_text(PROFILE.replace("WRAPPER", str(wrapper)))
    command = user.command("submit", "--profile", str(profile), "--wait", *SWEEP, "--sbatch", "nice=9")
    said = {"SBATCH_ACCOUNT": ACCOUNT, "SLURM_CLUSTERS": "nowhere", "SBATCH_QOS": ""}
    done = user.cluster.run(command, timeout_s=300, cwd=ROOT, extra_environment=said)
    assert done.returncode == 0, done.stdout + done.stderr + user.words()
    states = user.states(*SWEEP)
    assert set(states) == {"done"}
    assert "in a container with /a b" in user.words()
    (job,) = [path.read_text() for path in user.out.glob("submissions/*/*.job")]
    # Runs are done a moment before their job is.
    user.until_job(lambda words: "JobState=RUNNING" not in words, "scontrol", "--oneliner", "show", "job", f"{job}_0")
    shown = user.cluster.slurm("scontrol", "--oneliner", "show", "job", f"{job}_0")
    has = dict(re.findall(r"(\w+)=(\S+)", shown))
    assert has.items() >= {"Account": ACCOUNT, "ExcNodeList": "node[3-4]", "Nice": "9", "OverSubscribe": "NO"}.items()
    assert has["MinMemoryCPU"] in {"1536M", "1.50G"}
    assert has["JobState"] in {"COMPLETING", "COMPLETED"}
    assert f" Comment={COMMENT} " in f"{shown} "
