"""Accounting: who may submit how much, and what has been submitted."""

from collections.abc import Mapping

from slurm.devcluster.commands import output
from slurm.devcluster.configuration import STORAGE, STORAGE_USER
from slurm.devcluster.layout import ACCOUNT, CLUSTER, USER


def admit(*, max_submit: int, environment: Mapping[str, str]) -> None:
    """Give the ordinary user an account and its limit."""

    def sacctmgr(*command: str) -> str:
        return output("sacctmgr", "--immediate", "--noheader", "--parsable2", *command, environment=environment)

    where = (f"Cluster={CLUSTER}", f"User={USER}")
    limit = sacctmgr("list", "associations", *where, "format=MaxSubmitJobs").strip()
    if not limit:
        if CLUSTER not in sacctmgr("list", "clusters", "format=Cluster").split():
            sacctmgr("add", "cluster", CLUSTER)
        sacctmgr("add", "account", ACCOUNT, f"Cluster={CLUSTER}", f"Description={ACCOUNT}", f"Organization={ACCOUNT}")
        sacctmgr("add", "user", USER, f"Account={ACCOUNT}", f"Cluster={CLUSTER}", f"MaxSubmitJobs={max_submit}")
    elif limit != str(max_submit):
        sacctmgr("modify", "user", "where", f"Name={USER}", f"Cluster={CLUSTER}", "set", f"MaxSubmitJobs={max_submit}")


def forget(environment: Mapping[str, str], *, port: int) -> None:
    """Empty the history of jobs: with an empty queue numbers start at one again, and sacct would show the old ones."""
    tables = (f"{CLUSTER}_{kind}_table" for kind in ("job", "step", "suspend", "job_env", "job_script"))
    statements = " ".join(f"TRUNCATE {table};" for table in tables)
    login = ("--no-defaults", "-h127.0.0.1", f"-P{port}", f"-u{STORAGE_USER}", f"-p{STORAGE_USER}")
    output("mariadb", *login, "-e", statements, STORAGE, environment=environment)
