"""A transaction that reads, or waits for SQLite's write lock, or has it.

Tested in ``tests/database/test_write_lock.py``.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from . import sql
from .dialect import version

# From when the log names it, and from when it gives way to others, in seconds.
LONG = 1.0

# The key of a connection's writer in its info.
WRITER = "writer"


class Writer:
    """A transaction that may write.

    :param name: of the request, command or thread.
    :param gives_way: whether others may write once it has only read for a while.
    """

    connection: sqlite3.Connection | None = None
    has_written = False
    has_given_way = False
    has_ended = False
    # Whether others have written since it began to read.
    is_stale = False
    # The caller's transactions that this one is nested in, once it writes.
    outers: Any = None
    kept_waiting = 0

    def __init__(self, name: str, gives_way: bool) -> None:
        self.name = name
        self.gives_way = gives_way
        self.savepoints: list[str] = []
        self.lock = threading.RLock()
        self.has_turn = threading.Lock()
        self.has_turn.acquire()

    @classmethod
    def that_reads(cls, connection: sqlite3.Connection) -> "Writer":
        """Return a transaction that has begun without the lock."""
        writer = cls("", False)
        writer.connection = connection
        writer.has_given_way = True
        return writer

    def begin(
        self, connection: sqlite3.Connection, execute: Callable[[], object]
    ) -> None:
        """Execute what takes the write lock on a connection."""
        execute()
        self.began = time.monotonic()
        self.changes = connection.total_changes
        self.connection = connection

    def write(self, statement: str, execute: Callable[[], None]) -> None:
        """Execute a statement; from then on, the transaction may have changes."""
        with self.lock:
            self.has_written |= not sql.is_savepoint(statement)
            execute()
            sql.note_savepoint(statement, self.savepoints)

    def has_only_read(self) -> bool:
        if self.connection is None or self.has_written:
            return False

        return self.connection.total_changes == self.changes

    def give_way(self) -> bool:
        """Let others write, and go on reading the same state; return whether it does.

        A transaction that has changes keeps the lock.
        """
        with self.lock, suppress(sqlite3.Error):  # If its connection is used otherwise.
            if self.connection and not self.is_over() and self.has_only_read():
                # A cursor keeps the state that a connection reads, until it is closed.
                pending = self.connection.execute("SELECT count(*) FROM sqlite_master")
                self.read_anew(self.connection)
                pending.close()
                self.has_given_way = True

        return self.has_given_way

    def read_anew(self, connection: sqlite3.Connection) -> None:
        # What the driver has changed without counting it is not lost.
        connection.execute("COMMIT")
        connection.execute("BEGIN DEFERRED")
        for name in self.savepoints:
            connection.execute(f"SAVEPOINT {name}")

    def sees_changes(self) -> bool:
        """Read the last state from now on; tell whether others have changed it."""
        with self.lock:
            if self.connection is None or not self.goes_on():
                return False

            before = version(self.connection)
            self.read_anew(self.connection)
            return version(self.connection) != before

    def goes_on(self) -> bool:
        try:
            return bool(
                self.connection
                and self.connection.in_transaction
                and not self.has_ended
            )
        except sqlite3.ProgrammingError:  # It has been closed.
            return False

    def end(self, execute: Callable[[], None]) -> None:
        """Execute what ends the transaction, while nobody lets it give way."""
        with self.lock:
            execute()

    def is_over(self) -> bool:
        if self.connection is None or self.has_given_way or self.has_ended:
            return self.has_given_way or self.has_ended
        if not self.lock.acquire(blocking=False):
            return False
        try:
            return not self.connection.in_transaction
        except sqlite3.ProgrammingError:  # It has been closed.
            return True
        finally:
            self.lock.release()

    def has_lasted(self, seconds: float) -> bool:
        return self.connection is not None and time.monotonic() - self.began > seconds

    def __str__(self) -> str:
        if self.connection is None:
            return "another process has it"

        return f"{self.name} has had it for {time.monotonic() - self.began:.1f} s"
