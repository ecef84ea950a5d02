"""What the doctor looks at, each part when a check first asks for it.

Tested in ``tests/ops/test_doctor.py``.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any
from typing import TypeVar

from flask import Flask
from sqlalchemy import Connection
from sqlalchemy import Engine

from ...database import db
from .database import looking_engine

# It is run by its path, so that nothing is imported before gevent has patched.
WORKER = Path(__file__).with_name("worker.py")
RUN = "import runpy, sys; runpy.run_path(sys.argv[1])"

T = TypeVar("T")


class NotLooked(Exception):
    """A check can only look when something else is right."""


class Setup:
    """The application, its database and its server, or what keeps them from use."""

    def __init__(self, instances: int) -> None:
        self.instances = instances
        self.closing = ExitStack()

    @cached_property
    def started(self) -> Flask | Exception:
        return tried(create_app)

    @cached_property
    def engine(self) -> Engine:
        with needed(self.started, "The application does not start.").app_context():
            return db.engine

    @cached_property
    def reached(self) -> Connection | Exception:
        engine = looking_engine(self.engine)
        self.closing.callback(engine.dispose)
        return tried(lambda: self.closing.enter_context(engine.connect()))

    @property
    def connection(self) -> Connection:
        connection = needed(self.reached, "The database cannot be used.")
        connection.rollback()  # A statement of another check may have failed.
        return connection

    @cached_property
    def served(self) -> dict[str, Any] | Exception:
        return tried(self.ask_worker)

    @property
    def server(self) -> dict[str, Any]:
        """What ``gunicorn.conf.py`` says."""
        return needed(self.served, "Gunicorn cannot be started.")

    def ask_worker(self, statement: str = "") -> dict[str, Any]:
        """Return what ``gunicorn.conf.py`` says, and whether a statement blocks."""
        command = [sys.executable, "-c", RUN, str(WORKER), statement]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ValueError(done.stderr.splitlines()[-1])

        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer


def create_app() -> Flask:
    from ...app import create_app

    return create_app()


def tried(function: Callable[[], T]) -> T | Exception:
    try:
        return function()
    except Exception as error:
        return error


def needed(part: T | Exception, reason: str) -> T:
    if isinstance(part, Exception):
        raise NotLooked(reason)

    return part
