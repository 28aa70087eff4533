"""Origins: where a project comes from, so that a worker can load it again."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Origin of a project: a module, a file, or a pickle of what was defined in a notebook."""

    kind: Literal["none", "module", "file", "pickle"]
    where: str
    content: bytes = b""
    """Of a pickle."""
    folder: str = ""
    """Folder of its modules, if they need not be installed."""

    @property
    def home(self) -> Path | None:
        """The folder of the project's own code; None if it has no file."""
        has_path = self.kind in {"file", "pickle"}
        file = self.where if has_path else getattr(sys.modules.get(self.where), "__file__", None)
        return Path(file).absolute().parent if file else None

    def travelled(self) -> "Origin":
        """The origin where the code is a snapshot: a file is imported by its name there."""
        there = replace(self, folder="")
        return replace(there, kind="module", where=Path(self.where).stem) if self.kind == "file" else there
