"""The command `hw1`: what hides a package of ours is told in one line, before anything is imported from there."""

import gc
import sys
from importlib.util import find_spec

_MANY = 100_000
"""Objects made between two searches for cycles, of which a command leaves few: of a million runs they take a tenth."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(_MANY)
    try:
        from jobs.rooms import hiding  # noqa: PLC0415 - another `jobs` may be found first
    except ImportError:
        spec = find_spec("jobs")
        place = spec.origin if spec is not None else None
        said = f"{place} has the name of a package of hw1, `jobs`: rename it, or take its folder off PYTHONPATH"
    else:
        said = hiding()
    if said:
        sys.stderr.write(f"hw1: {said}\n")
        sys.exit(2)
    from jobs.cli.app import main as run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
