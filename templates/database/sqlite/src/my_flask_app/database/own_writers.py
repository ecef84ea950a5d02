"""The transactions of one caller, some of which are nested in others.

What a nested one commits, the outer ones see, and they may still write, as they could
on bare SQLite, but only as long as nobody else has committed anything.

Tested in ``tests/database/test_write_lock.py``.
"""

import sqlite3
import threading
from contextvars import ContextVar
from weakref import ref

from .dialect import version
from .writers import Writer

# By path and thread. Greenlets that are not patched share a thread, but not a context
# variable.
References = dict[tuple[str, int], tuple["ref[Writer]", ...]]
references: ContextVar[References] = ContextVar("own_writers")


def own_writers(path: str) -> list[Writer]:
    """Return the transactions of the caller on a database, and some that are over."""
    found = references.get({}).get((path, threading.get_ident()), ())
    return [writer for reference in found if (writer := reference())]


def note_own(path: str, writer: Writer) -> None:
    writers = (*filter(Writer.goes_on, own_writers(path)), writer)
    key = (path, threading.get_ident())
    references.set(references.get({}) | {key: tuple(map(ref, writers))})


class Outers:
    """Transactions of the caller that go on while another one writes.

    :param path: the database file.
    :param connection: that of the other one, which has not written yet.
    """

    version: int

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.writers: list[Writer] = []
        for writer in own_writers(path):
            if writer.connection is not connection and writer.goes_on():
                self.add(writer)
                # Nobody writes before one that has the lock gives way.
                if writer.has_given_way and writer.sees_changes():
                    writer.is_stale = True

    def add(self, writer: Writer) -> None:
        """Add a transaction that sees the last state."""
        if not self.writers:
            self.version = version(self.connection)

        self.writers.append(writer)

    def go_on(self) -> None:
        """Let them see what the other one has committed."""
        for writer in self.writers:
            writer.sees_changes()

        # What they see now may have been committed by others as well.
        if self.writers and version(self.connection) != self.version:
            for writer in self.writers:
                writer.is_stale = True
