"""1-1-1: three models of different depth and about the same number of parameters fit two functions."""

from hw1.specs import Function, Optimizer, Spec
from jobs.study import DEEP, MEDIUM, SHALLOW, Preset, Study, function_fit


def specs(preset: Preset, n_seeds: int, dataset: str) -> list[Spec]:  # noqa: ARG001 - functions need no data set
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
        for seed in range(n_seeds)
        for function, optimizer in (first, second)
        for hidden, output_bias in ((DEEP, True), (MEDIUM, True), shallow)
    ]


STUDY = Study(name="simulate", section="1-1-1", title="Simulate a function", specs=specs)
