"""The text of the configuration files."""

from slurm.devcluster.layout import CLUSTER, Layout
from slurm.devcluster.options import Options

REQUEUE_DELAY_S = 5
"""A credential's life, for which a requeued job waits. Slurm takes less than 5 s for an error, and then 120 s."""

STORAGE = "slurm_acct_db"
STORAGE_USER = "slurm"


def slurm_conf(layout: Layout, options: Options, *, host: str, own_names: bool) -> str:
    """The configuration of the controller, the nodes and the clients.

    Args:
        layout: Where.
        options: What the cluster is made of.
        host: This machine's name.
        own_names: Whether each node has a hostname of its own.
    """
    return f"""\
ClusterName={CLUSTER}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={layout.controller_port}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={layout.munge_socket},cred_expire={REQUEUE_DELAY_S}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
MpiDefault=none
ReturnToService=2
{_plugins(layout)}SlurmctldPidFile={layout.run}/slurmctld.pid
SlurmdPidFile={layout.run}/%n.pid
StateSaveLocation={layout.spool}/controller
SlurmdSpoolDir={layout.spool}/%n
SlurmctldLogFile={layout.log("slurmctld")}
SlurmdLogFile={layout.log("%n")}
SlurmctldDebug=info
SlurmdDebug=info
# Without systemd and cgroups, as in a container.
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
# Short, so that a test need not wait for a fault to show.
SlurmctldTimeout=30
SlurmdTimeout={options.node_timeout_s}
InactiveLimit=0
KillWait=5
# Long, so that a busy machine does not lose a node where processes take their time to die.
UnkillableStepTimeout=600
MessageTimeout=10
BatchStartTimeout=10
MinJobAge=300
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=1,sched_min_interval=100000,sched_interval=1,bf_interval=2,default_queue_depth=200
{_user_signal(options)}
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=1000
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
MaxArraySize={options.max_array_size}
MaxJobCount=20000
{_accounting(layout, options)}
{_nodes(layout, options, shared_host="" if own_names else host)}
PartitionName=DEFAULT Nodes=ALL DefaultTime=01:00:00 State=UP
PartitionName=work1 Default=YES MaxTime=3-00:00:00 PriorityTier=10 PreemptMode=OFF
PartitionName=preempt MaxTime=1-00:00:00 PriorityTier=1 PreemptMode=REQUEUE GraceTime={options.grace_s}
PartitionName=owner MaxTime=14-00:00:00 PriorityTier=100 PreemptMode=OFF GraceTime=0
"""


def cgroup_conf() -> str:
    """For a Slurm that looks for cgroups wherever it runs."""
    return "CgroupPlugin=disabled\n"


def gres_conf(layout: Layout, options: Options) -> str:
    """The fake GPUs; a GPU's number in ``CUDA_VISIBLE_DEVICES`` is the one in its file's name."""
    lines = ["AutoDetect=off"]
    for node in options.node_names:
        lines += [
            f"NodeName={node} Name=gpu Type=a100 Flags=nvidia_gpu_env File={layout.devices}/nvidia{gpu}"
            for gpu in range(options.gpus)
        ]
    return "\n".join(lines) + "\n"


def slurmdbd_conf(layout: Layout, *, host: str) -> str:
    """The configuration of the accounting daemon. The password guards nothing: the tables are a test's."""
    return f"""\
AuthType=auth/munge
AuthInfo=socket={layout.munge_socket}
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={layout.database_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
{_plugins(layout)}SlurmUser=root
DebugLevel=info
LogFile={layout.log("slurmdbd")}
PidFile={layout.run}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={layout.mariadb_port}
StorageUser={STORAGE_USER}
StoragePass={STORAGE_USER}
StorageLoc={STORAGE}
CommitDelay=1
"""


def init_sql() -> str:
    """Statements that MariaDB runs first at each start, one a line."""
    user = f"'{STORAGE_USER}'@'127.0.0.1'"
    return f"""\
CREATE DATABASE IF NOT EXISTS {STORAGE};
CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{STORAGE_USER}';
GRANT ALL ON {STORAGE}.* TO {user};
"""


def _plugins(layout: Layout) -> str:
    if not layout.is_unpacked:
        return ""
    return f"PluginDir={layout.libraries}/slurm-wlm\n"


def _user_signal(options: Options) -> str:
    """Without it a preempted job gets only SIGCONT and SIGTERM. Under SchedulerParameters it would be ignored."""
    return "SlurmctldParameters=preempt_send_user_signal" if options.user_signal else ""


def _accounting(layout: Layout, options: Options) -> str:
    if not options.accounting:
        return "AccountingStorageType=accounting_storage/none"
    # The link to slurmdbd takes munge's socket from the password, not from AuthInfo.
    return f"""\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={layout.database_port}
AccountingStoragePass={layout.munge_socket}
AccountingStorageEnforce=associations,limits,qos
AccountingStorageTRES=gres/gpu,gres/gpu:a100"""


def _nodes(layout: Layout, options: Options, *, shared_host: str) -> str:
    """All on this machine, told apart by their ports, and by their hostnames where they have their own."""
    gpus = f" Gres=gpu:a100:{options.gpus}" if options.gpus else ""
    size = f"CPUs={options.cpus} RealMemory={options.memory_mb}{gpus} Feature=gpu_a100_80gb State=UNKNOWN"
    return "\n".join(
        f"NodeName={node} NodeHostname={shared_host or layout.hostname(node)} NodeAddr=127.0.0.1 "
        f"Port={layout.node_port(node)} {size}"
        for node in options.node_names
    )
