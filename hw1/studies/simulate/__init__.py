"""1-1-1: three models of different depth and about the same number of parameters fit two functions."""

from collections.abc import Sequence

from hw1.common import DEEP, FIRST_SEED, MEDIUM, SHALLOW, function_fit
from hw1.specs import Function, FunctionFit, Optimizer
from jobs import Spec, Study


def specs(preset: str, seeds: Sequence[int] | None) -> list[Spec]:
    """Three models on f1 and f2; the notebooks' shallow model is wider and has an output bias, their f2 uses Adam."""
    second: tuple[Function, Optimizer] = ("square_wave", "adam") if preset == "notebook" else ("sign_sinc", "rmsprop")
    first: tuple[Function, Optimizer] = ("sinc", "rmsprop")
    shallow = ((189,), True) if preset == "notebook" else (SHALLOW, False)
    return [
        function_fit(
            seed=seed,
            function=function,
            hidden=hidden,
            output_bias=output_bias,
            optimizer=optimizer,
            weight_decay=1e-4,
            max_iterations=20_000,
            loss_below=1e-3,
            change_below=1e-5,
            measures="predictions",
        )
        for seed in seeds or FIRST_SEED
        for function, optimizer in (first, second)
        for hidden, output_bias in ((DEEP, True), (MEDIUM, True), shallow)
    ]


STUDY = Study(name="simulate", section="1-1-1", title="Simulate a function", specs=specs, kinds=(FunctionFit,), gpus=0)
