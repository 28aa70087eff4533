"""The command line: ``python -m slurm.devcluster up``."""

import argparse
import logging
import sys
from dataclasses import fields

from slurm.devcluster import Cluster, DevclusterError, Options, releases, user


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m slurm.devcluster", description=sys.modules[Cluster.__module__.rpartition(".")[0]].__doc__
    )
    parser.add_argument("--release", help=f"of Debian: {' or '.join(releases.RELEASES)} (this machine's)")
    parser.add_argument("--second", action="store_true", help="a second one of the release, beside the first")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="install what is missing and start what does not run")
    for field in fields(Options):
        flag, text = f"--{field.name.replace('_', '-')}", field.metadata["help"]
        if isinstance(field.default, bool):
            up.add_argument(flag, action=argparse.BooleanOptionalAction, default=field.default, help=text)
        else:
            up.add_argument(flag, type=int, default=field.default, help=f"{text} (%(default)s)")
    commands.add_parser("down", help="end all of it; queue and history stay")
    commands.add_parser("status", help="the daemons, the nodes and the queue")
    commands.add_parser("env", help='for the shell: eval "$(python -m slurm.devcluster env)"')
    run = commands.add_parser("run", help="run a command as the ordinary user: run -- sinfo")
    run.add_argument("arguments", nargs="+", metavar="ARGUMENT")
    for name, text in (("kill-node", "power loss of a node"), ("start-node", "switch it on again")):
        commands.add_parser(name, help=text).add_argument("n", type=int, metavar="N")
    stop = commands.add_parser("stop-controller", help="end slurmctld")
    stop.add_argument("--kill", action="store_true", help="by kill -9")
    commands.add_parser("start-controller", help="start slurmctld")
    commands.add_parser("stop-database", help="end slurmdbd")
    commands.add_parser("start-database", help="start slurmdbd")
    commands.add_parser("resume", help="make drained and down nodes usable again")
    return parser


def _show_status(cluster: Cluster) -> None:
    for daemon, runs in cluster.daemons().items():
        sys.stdout.write(f"{daemon:10} {'runs' if runs else 'does not run'}\n")
    sys.stdout.write(f"{cluster.slurm('sinfo')}\n{cluster.slurm('squeue')}")


def _perform(arguments: argparse.Namespace, cluster: Cluster) -> None:
    options = vars(arguments)
    match options.pop("command"):
        case "up":
            cluster.up(Options(**options))
        case "status":
            _show_status(cluster)
        case "env":
            environment = cluster.environment()
            sys.stdout.write(
                f"export PATH={environment['PATH']} SLURM_CONF={environment['SLURM_CONF']} LC_ALL=C.UTF-8\n"
            )
        case "run":
            user.become(arguments.arguments, environment=cluster.environment())
        case command:
            getattr(cluster, command.replace("-", "_"))(**options)


def main() -> int:
    """Do what the command line says."""
    arguments = _parser().parse_args()
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.INFO)
    try:
        options = vars(arguments)
        cluster = Cluster(release=options.pop("release"), second=options.pop("second"))
        _perform(arguments, cluster)
    except (DevclusterError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, ValueError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
