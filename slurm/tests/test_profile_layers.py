"""What counts where a profile extends another, the environment says something, and the command line too."""

from pathlib import Path

import pytest

from slurm.profiles import Profile, ProfileError, described, load

GOOD = 'partition = "work"\ntime_limit_min = 60\ngpu.form = "none"\n'
VARIABLES = [f"{who}_{what}" for who in ("SBATCH", "SLURM") for what in ("ACCOUNT", "PARTITION", "QOS", "CLUSTERS")]
FLAG = "must be letters, digits and _.,:/@%+=()|&!*[]- with no dash in front"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user's own profiles; of sbatch's variables none is set."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (*VARIABLES, "SBATCH_CONSTRAINT", "SBATCH_RESERVATION"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / ".config" / "hw1" / "profiles"
    folder.mkdir(parents=True)
    return folder


def meaning(profile: Profile, field: str) -> str:
    return next(meaning for name, _, meaning in described(profile) if name == field)


def test_a_profile_has_the_values_of_the_one_it_extends_but_for_its_own(own: Path) -> None:
    (own / "lab.toml").write_text(
        'extends = "palmetto"\naccount = "lab"\ngpu.type = "l40s"\nsbatch = {nice = 5, comment = "a"}\n'
    )
    (own / "mine.toml").write_text(
        'extends = "lab.toml"\ncpus = 2\nretries.killed = 0\nsbatch = {comment = "b", nice = false}\n'
    )
    mine, palmetto = load("mine"), load("palmetto")
    assert (mine.name, mine.origin, mine.extends) == ("mine", own / "mine.toml", "lab.toml")
    assert (mine.cpus, mine.account, mine.memory_gb, mine.setup) == (2, "lab", 8.0, palmetto.setup)
    assert mine.gpu == palmetto.gpu.model_copy(update={"type": "l40s"})
    assert mine.retries == palmetto.retries.model_copy(update={"killed": 0})
    assert mine.sbatch == {"comment": "b"}
    assert (palmetto.unknown[0], mine.unknown) == ("account", palmetto.unknown[1:])
    assert meaning(mine, "account") == f"account that is charged; empty: the user's default; in {own}/lab.toml"
    assert meaning(mine, "memory_gb").endswith(f"; in {palmetto.origin}")
    assert meaning(mine, "cpus") == "cores that a task gets"


def test_ones_own_palmetto_extends_the_shipped_one(own: Path) -> None:
    path = own / "palmetto.toml"
    path.write_text('extends = "palmetto"\naccount = "lab"\n')
    (own / "link.toml").symlink_to(path)
    for name in ("palmetto", str(path), str(own / "link.toml")):
        assert (load(name).account, load(name).partition) == ("lab", "work1")


def test_profiles_that_extend_in_a_circle_are_refused(own: Path) -> None:
    (own / "a.toml").write_text('extends = "b"\n')
    (own / "b.toml").write_text('extends = "a"\n')
    (own / "c.toml").write_text('extends = "./c.toml"\n')
    with pytest.raises(ProfileError, match=r'b\.toml has a mistake: extends: must be a file or another .*, got "a"$'):
        load("a")
    with pytest.raises(ProfileError, match=r"c\.toml must not extend itself, got .*/c\.toml → .*/c\.toml$"):
        load("c")


def test_a_long_row_of_profiles_is_refused(own: Path) -> None:
    for k in range(9):
        (own / f"p{k}.toml").write_text(f'extends = "p{k + 1}"\n')
    (own / "p9.toml").write_text(GOOD)
    assert load("p2").partition == "work"
    with pytest.raises(ProfileError, match=r"p1\.toml must extend fewer than 8 others, one by the other$"):
        load("p1")


@pytest.mark.parametrize("base", ['"none"', "3", "['palmetto']", '"a\\nb"', '"\\u0000.toml"', '"/dev/zero"'])
def test_what_cannot_be_extended_is_refused_in_words(base: str, own: Path) -> None:
    (own / "mine.toml").write_text(f"extends = {base}\n")
    with pytest.raises(ProfileError) as refused:
        load("mine")
    assert all(line.isprintable() for line in str(refused.value).splitlines())


def test_mistakes_say_which_file_or_variable_they_are_in(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SBATCH_ACCOUNT", "a b")
    (own / "base.toml").write_text(GOOD + 'cpus = 0\ngpu.type = "a100"\nthrottle = 0\n')
    (own / "mine.toml").write_text('extends = "base"\nthrottle = -1\n')
    with pytest.raises(ProfileError) as refused:
        load("mine", ["nic=5"])
    assert str(refused.value).splitlines() == [
        f"profile {own}/mine.toml has mistakes:",
        f'  account: {FLAG}, got "a b", from $SBATCH_ACCOUNT',
        f"  cpus: must be >= 1, got 0, in {own}/base.toml",
        "  throttle: must be >= 1, got -1",
        f'  gpu.type: must be empty with form = "none", got "a100", in {own}/base.toml',
        "  sbatch.nic: must be a long option of sbatch, got an unknown one (`nice`?), from --sbatch nic=5",
    ]


@pytest.mark.parametrize(
    ("variable", "field"),
    [
        ("SBATCH_ACCOUNT", "account"),
        ("SLURM_ACCOUNT", "account"),
        ("SBATCH_PARTITION", "partition"),
        ("SLURM_PARTITION", "partition"),
        ("SBATCH_QOS", "qos"),
        ("SBATCH_CONSTRAINT", "constraint"),
        ("SBATCH_RESERVATION", "reservation"),
        ("SBATCH_CLUSTERS", "cluster"),
        ("SLURM_CLUSTERS", "cluster"),
    ],
)
def test_a_variable_of_sbatch_counts_where_the_profile_is_empty(
    variable: str, field: str, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "theirs")
    profile = load("generic")
    assert getattr(profile, field) == "theirs"
    assert meaning(profile, field).endswith(f"; from ${variable}")
    (own / "mine.toml").write_text(f'extends = "generic"\n{field} = "mine"\n')
    assert getattr(load("mine"), field) == "mine"
    assert getattr(load("generic", ["account=x", "partition=x", "qos=x"]), field) in {"x", "theirs"}


def test_what_is_for_sbatch_goes_before_what_is_for_srun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_ACCOUNT", "srun")
    monkeypatch.setenv("SBATCH_ACCOUNT", "sbatch")
    assert load("palmetto").account == "sbatch"
    assert "account" not in load("palmetto").unknown
    assert load("palmetto", ["account=mine"]).account == "mine"
    assert load("palmetto", ["account="]).account == ""


def test_options_on_the_command_line_count_instead_of_the_profiles(own: Path) -> None:
    (own / "mine.toml").write_text(GOOD + 'sbatch = {nice = 5, hold = true}\nmail_user = "a@b.c"\n')
    changes = ["mail-user={user}@b.c", "exclusive", "nice=7", "comment=a = b", "hold=", "exclude=node[1-4]", "nice=8"]
    profile = load("mine", changes)
    assert (profile.exclusive, profile.exclude, profile.sbatch) == (
        True,
        "node[1-4]",
        {"nice": "8", "comment": "a = b"},
    )
    assert profile.mail_user.endswith("@b.c")
    assert profile.mail_user[0] != "{"
    assert load("mine", ["exclusive=user"]).exclusive == "user"
    assert load("mine", ["exclusive="]).exclusive is False


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ("acount=a", "sbatch.acount: must be a long option of sbatch, got an unknown one (`account`?)"),
        ("account", "account: must be text, got true"),
        ("=a", 'sbatch."": must be a long option of sbatch, got an unknown one'),
        ("time=5", "sbatch.time: must not be given to sbatch: it is set by `time_limit_min` of the profile"),
        ("-x=a", "sbatch.-x: must be a long option of sbatch, got an unknown one"),
        ("--qos=a", "sbatch.--qos: must be a long option of sbatch, got an unknown one (`qos`?)"),
        ("output=/a", "sbatch.output: must not be given to sbatch: logs go to the submission's own folder"),
        ("comment=a\nb", 'sbatch.comment: must be one line without control characters, got "a\\nb"'),
        ("comment=a\\", 'sbatch.comment: must be text without \\, got "a\\\\"'),
        ("gres=tmp:1,gpu:2", "sbatch: must have no gpu in `gres`: GPUs are asked for by `gpu.form`, `gpu.type` and"),
    ],
)
def test_a_wrong_option_is_refused_as_in_a_profile(change: str, mistake: str) -> None:
    with pytest.raises(ProfileError) as refused:
        load("generic", [change])
    said = str(refused.value)
    assert said.isprintable()
    assert f" has a mistake: {mistake}" in said
    assert ", from --sbatch " in said
