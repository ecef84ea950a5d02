"""A transaction that waits for SQLite's write lock, or has it.

Tested in ``tests/database/test_write_lock.py``.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

# From when the log names it, and from when it gives way to others, in seconds.
LONG = 1.0

# The key of a connection's last writer in its info.
WRITER = "writer"

# What begins otherwise may have changes, also if SQLite counts none.
READING = ("SELECT", "VALUES", "EXPLAIN")


class Writer:
    """A transaction that may write.

    :param name: of the request, command or thread.
    :param gives_way: whether others may write once it has only read for a while.
    """

    connection: sqlite3.Connection | None = None
    has_written = False
    has_given_way = False
    has_ended = False
    kept_waiting = 0

    def __init__(self, name: str, gives_way: bool) -> None:
        self.name = name
        self.gives_way = gives_way
        self.thread = threading.get_ident()
        self.nested: NestedWrite | None = None
        self.lock = threading.RLock()
        self.has_turn = threading.Lock()
        self.has_turn.acquire()

    def begin(
        self, connection: sqlite3.Connection, execute: Callable[[], object]
    ) -> None:
        """Execute what takes the write lock on a connection."""
        execute()
        self.began = time.monotonic()
        self.changes = connection.total_changes
        self.connection = connection

    def write(self, execute: Callable[[], None]) -> None:
        """Execute a statement; from then on, the transaction may have changes."""
        with self.lock:
            self.has_written = True
            execute()

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
                pending = read_state(self.connection)
                # What the driver has changed without counting it is not lost.
                self.connection.execute("COMMIT")
                self.connection.execute("BEGIN DEFERRED")
                pending.close()
                self.has_given_way = True

        return self.has_given_way

    def end(self, execute: Callable[[], None]) -> None:
        """Execute what ends the transaction; after that, nobody lets it give way."""
        with self.lock:
            try:
                execute()
            finally:
                self.has_ended = self.is_over()

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


def is_reading(statement: str) -> bool:
    return statement[:20].lstrip(" \n(").upper().startswith(READING)


def read_state(connection: sqlite3.Connection) -> sqlite3.Cursor:
    """Return a cursor that keeps the state which a connection reads, until closed."""
    return connection.execute("SELECT count(*) FROM sqlite_master")


class NestedWrite:
    """What a thread writes while its outer transaction, which only reads, gives way.

    :param connection: has the write lock.
    :param info: that of the connection.
    """

    def __init__(self, connection: sqlite3.Connection, info: dict[str, Any]) -> None:
        self.connection = connection
        self.info = info
        self.thread = threading.get_ident()
        self.version = self.current_version()

    def current_version(self) -> int:
        """Return a number that changes whenever another connection commits."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def is_the_last(self) -> bool:
        """Tell whether nobody but the thread has committed anything since."""
        try:
            # What is in the pool in place of the connection has none.
            writer = self.info.get(WRITER)
            is_own = writer is not None and writer.thread == self.thread
            is_free = not self.connection.in_transaction
            return is_own and is_free and self.current_version() == self.version
        except sqlite3.ProgrammingError:  # It has been closed.
            return False
