"""The application that Hydra's multirun starts: one run a job, its numbers in the job's output folder."""

import json
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig

from hw1.bench.tasks import task


def run(config: Any) -> None:  # noqa: ANN401 - omegaconf's own type
    """Do the run of an index into a file of specs."""
    texts = json.loads(Path(config.specs).read_text(encoding="utf-8"))
    numbers = Path(HydraConfig.get().runtime.output_dir) / "numbers.json"
    numbers.write_text(json.dumps(task(texts[config.index])), encoding="utf-8")


if __name__ == "__main__":
    hydra.main(version_base=None, config_path=None)(run)()
