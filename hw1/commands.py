"""Commands that only the report has: its data sets, and its benchmark."""

from typing import Annotated

import typer

from hw1.files import DATASETS, EMBEDDED
from jobs import JsonOption, OutOption, SweepError, unknown

DatasetOption = Annotated[str, typer.Option("--dataset", help="mnist (embedded), fashion-mnist or kmnist.")]
WorkOption = Annotated[
    list[str] | None, typer.Option("--work", help="Only this work; may be given again.", metavar="NAME")
]
PeerOption = Annotated[
    list[str] | None, typer.Option("--peer", help="Only this peer; may be given again.", metavar="NAME")
]


def data(dataset: DatasetOption = EMBEDDED) -> None:
    """Check the embedded MNIST; fetch another data set on a machine that has internet.

    Example: hw1 data --dataset fashion-mnist
    """
    from hw1 import datasets  # noqa: PLC0415 - imports torch

    wrong = unknown("dataset", [dataset], DATASETS)
    if wrong:
        raise SweepError(*wrong)
    if dataset != EMBEDDED:
        datasets.fetch(dataset)
    counts = datasets.check(dataset)
    typer.echo(f"{dataset}: {counts['train']} training and {counts['test']} test images, checksums right")


def bench(  # noqa: PLR0913 - a command has the options it has
    rounds: Annotated[int, typer.Option("--rounds", help="How often all is measured.", metavar="N")] = 3,
    work: WorkOption = None,
    peer: PeerOption = None,
    out: OutOption = None,
    *,
    resume: Annotated[
        bool, typer.Option("--continue", help="Keep rounds of this code on this machine that are there already.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure us and what a user would pick instead, on this machine, in turn; peers need the extra `bench`.

    Works: minimal_ratio, trajectory, parameters, lenet, cnn, empty. Peers: notebook (the notebooks' loop), submitit,
    joblib, ray, parsl, dask, executorlib, hyperqueue, hydra, snakemake, jax. Writes bench.parquet, which `hw1 report`
    shows.

    Example: hw1 bench --rounds 1 --work empty --peer joblib
    """
    from hw1.bench.command import measure  # noqa: PLC0415 - imports pyarrow and rich

    measure(rounds, work or [], peer or [], out, resume=resume, as_json=as_json)
