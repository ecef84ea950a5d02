"""How a transaction begins on SQLite: as one that reads, or that has its turn to write.

Tested in ``tests/database/test_safe_requests.py``.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from weakref import ref

import click
from flask import has_request_context
from flask import request
from sqlalchemy import Connection

from .contexts import current_context


class Manner:
    """How transactions of a thread begin: with a turn, as any of them may write.

    A thread that inherits the context variable has nothing to do with it.
    """

    # Whether others may write once a transaction that has its turn only reads.
    gives_way = True

    def __init__(self) -> None:
        self.thread = threading.get_ident()

    def note_begin(self, connection: Connection) -> None:
        """Take note that a transaction begins."""

    def only_reads(self, connection: Connection) -> bool:
        """Tell whether the transaction that begins now waits for nobody."""
        return False

    def prepare(self) -> None:
        """Do what takes time, before a turn is taken."""

    def check_write(self, connection: Connection) -> None:
        """Take note that a transaction writes that has begun as one that reads."""

    def refuse(self, connection: Connection) -> None:
        """Take note that such a transaction is refused."""

    def check_commit(self) -> None:
        """Take note that something is about to be committed."""

    def note_commit(self) -> None:
        """Take note that something has been committed."""

    def __str__(self) -> str:
        command = click.get_current_context(silent=True)
        name = command.command_path if command else Path(sys.argv[0]).name
        return f"{name} ({threading.current_thread().name})"


class OnlyReads(Manner):
    """How transactions begin while there is a context in which a person thinks."""

    def __init__(self) -> None:
        super().__init__()
        self.context = ref(current_context())

    def only_reads(self, connection: Connection) -> bool:
        return self.context() is not None


class RunAgain(BaseException):
    """A safe request wrote too late; neither views nor error handlers are to see it."""


manner: ContextVar[Manner | None] = ContextVar("manner", default=None)

# The key of a request's manner in its WSGI environment.
MANNER = "my_flask_app.manner"


@contextmanager
def using(this: Manner, environ: dict[str, Any]) -> Iterator[None]:
    """Let a request have its manner, which its stream still has later."""
    environ[MANNER] = this
    token = manner.set(this)
    try:
        yield
    finally:
        manner.reset(token)


def current_manner() -> Manner:
    """Return how transactions of the caller begin."""
    this = inherited_manner()
    is_own = this is not None and this.thread == threading.get_ident()
    return this if this and is_own else Manner()


def inherited_manner() -> Manner | None:
    """Return the manner of the request that the caller works for, in any thread."""
    this = manner.get()
    if this is None and has_request_context():
        this = request.environ.get(MANNER)

    return this


def note_commit() -> None:
    if this := inherited_manner():
        this.note_commit()


def only_read_here() -> dict[str, Any]:
    """Let transactions of this context, and of others inside it, only read."""
    manner.set(OnlyReads())
    return {}
