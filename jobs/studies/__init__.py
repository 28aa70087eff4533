"""Every study: the report's in its order, then what it left out, and one that does nothing.

To add one: write its file here and name it below.
"""

from jobs.studies import (
    actual_task,
    barriers,
    corruption,
    critical_points,
    empty,
    gradient_norm,
    interpolation,
    minimal_ratio,
    parameters,
    random_labels,
    sensitivity,
    simulate,
    surface,
    trajectory,
)
from jobs.study import Study

STUDIES: dict[str, Study] = {
    module.STUDY.name: module.STUDY
    for module in (
        simulate,
        actual_task,
        trajectory,
        gradient_norm,
        minimal_ratio,
        random_labels,
        parameters,
        interpolation,
        sensitivity,
        critical_points,
        surface,
        barriers,
        corruption,
        empty,
    )
}
