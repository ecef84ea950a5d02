"""What the doctor looks at, each part when a check first asks for it.

Tested in ``tests/ops/test_doctor.py``.
"""

import json
import subprocess
import sys
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection
from sqlalchemy import Engine

from ...database import db
from .database import looking_engine

# It is run by its path, so that nothing is imported before gevent has patched.
WORKER = Path(__file__).with_name("worker.py")
RUN = "import runpy, sys; runpy.run_path(sys.argv[1])"


class NotLooked(Exception):
    """A check can only look when something else is right."""


class Setup:
    """The application, its database and its server, or what keeps them from use."""

    def __init__(self, instances: int) -> None:
        self.instances = instances
        self.closing = ExitStack()

    @cached_property
    def started(self) -> Flask | Exception:
        try:
            from ...app import create_app

            return create_app()
        except Exception as error:
            return error

    @cached_property
    def engine(self) -> Engine:
        if isinstance(self.started, Exception):
            raise NotLooked("The application does not start.")

        with self.started.app_context():
            return db.engine

    @cached_property
    def reached(self) -> Connection | Exception:
        try:
            return self.closing.enter_context(looking_engine(self.engine).connect())
        except NotLooked:
            raise
        except Exception as error:
            return error

    @property
    def connection(self) -> Connection:
        if isinstance(self.reached, Exception):
            raise NotLooked("The database cannot be used.")

        self.reached.rollback()  # A statement of another check may have failed.
        return self.reached

    @cached_property
    def served(self) -> dict[str, Any] | Exception:
        return self.ask_worker("")

    @property
    def server(self) -> dict[str, Any]:
        """What ``gunicorn.conf.py`` says."""
        if isinstance(self.served, Exception):
            raise NotLooked("Gunicorn cannot be started.")

        return self.served

    def ask_worker(self, statement: str) -> dict[str, Any] | Exception:
        command = [sys.executable, "-c", RUN, str(WORKER), statement]
        done = subprocess.run(command, capture_output=True, text=True)
        lines = (done.stdout if done.returncode == 0 else done.stderr).splitlines()
        return json.loads(lines[-1]) if done.returncode == 0 else ValueError(lines[-1])
