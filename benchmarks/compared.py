"""The compared applications, and how a process that holds one is started."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

# Every application answers it with a row of the database.
PAGE = "/students/1"


@dataclass(frozen=True)
class Application:
    """A module of ``benchmarks.applications``, and where it is to be started.

    :param folder: the generated project that the module is about, or an empty one.
    """

    module: str
    folder: Path
    database_url: str

    @property
    def full_name(self) -> str:
        return f"benchmarks.applications.{self.module}"

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        """Start a module of Python's as a program that can import the application."""
        environment = {
            "DATABASE_URL": self.database_url,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(self.folder / "src")]),
            "SECRET_KEY": "benchmark",
        }
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=os.environ | environment,
            text=True,
            **options,
        )
