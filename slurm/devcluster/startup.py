"""Everything from a bare machine to a cluster that takes jobs."""

import logging
import time

from slurm.devcluster import access, accounting, folders, packages, user
from slurm.devcluster.daemons import Daemons
from slurm.devcluster.layout import Layout
from slurm.devcluster.options import Options

_log = logging.getLogger(__name__)


def start(layout: Layout, daemons: Daemons, options: Options) -> None:
    """Start what does not run, and wait until every node is usable. Where there is no queue, history goes as well.

    Args:
        layout: Where.
        daemons: What starts and ends them.
        options: What the cluster is made of.

    Raises:
        DevclusterError: If something fails.
    """
    started = time.monotonic()
    packages.install(layout)
    user.create()
    forget = not layout.queue.exists()
    folders.prepare(layout, options)
    access.grant(layout)
    _log.info("configured in %s", layout.root)
    daemons.start_munge()
    if options.accounting:
        _start_accounting(layout, daemons, max_submit=options.max_submit, forget=forget)
    else:
        daemons.stop("slurmdbd")
        daemons.stop("mariadb")
    daemons.start_slurmctld()
    _log.info("slurmctld runs")
    for node in options.node_names:
        daemons.start_node(node)
    daemons.wait_for_nodes(options.node_names)
    _log.info("%d nodes run; up in %.1f s", options.nodes, time.monotonic() - started)


def _start_accounting(layout: Layout, daemons: Daemons, *, max_submit: int, forget: bool) -> None:
    daemons.start_mariadb()
    _log.info("mariadb runs")
    daemons.start_slurmdbd()
    accounting.admit(max_submit=max_submit, environment=daemons.environment)
    if forget:
        accounting.forget(daemons.environment, port=layout.mariadb_port)
    _log.info("slurmdbd runs")
