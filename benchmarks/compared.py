"""The compared applications, and what each needs to be started."""

import os
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = "/students/1"


@dataclass(frozen=True)
class Application:
    """A module of ``benchmarks.applications``, to be started in a folder.

    :param folder: a generated project's where ``module`` is about that one.
    :param settings: are added to the environment.
    """

    module: str
    folder: Path
    settings: dict[str, str]
    options: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(ROOT), str(self.folder / "src")])
        return os.environ | self.settings | {"PYTHONPATH": path}
