"""Transactions take turns at SQLite's one write lock.

A transaction that reads first and takes the lock later is refused if another wrote in
between, so it takes its turn at the lock when it begins. Readers see the last committed
state and never wait.

Tested in ``tests/database/test_connections.py`` and ``test_write_lock.py``.
"""

import os
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from . import snapshots
from .manners import current_manner
from .own_writers import note_own
from .own_writers import Outers
from .own_writers import own_writers
from .write_lock import WriteLock
from .writers import WRITER
from .writers import Writer

BUSY = "database is locked: another transaction of the same thread has changes; {}"

# By process and path, as a child does not wait for the threads of its parent.
locks: WeakValueDictionary[tuple[int, str], WriteLock] = WeakValueDictionary()


class Turns:
    """The turns that transactions of an engine take.

    :param path: the database file.
    :param timeout: how long they wait for a turn, in seconds.
    """

    def __init__(self, path: str, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self.used: tuple[int, WriteLock] | None = None

    @property
    def lock(self) -> WriteLock:
        process = os.getpid()
        if self.used is None or self.used[0] != process:
            key = (process, self.path)
            lock = locks.get(key) or locks.setdefault(key, WriteLock(self.path))
            self.used = process, lock

        return self.used[1]

    def begin(self, connection: Connection) -> None:
        """Begin a transaction; one that may write waits for its turn."""
        if connection._is_autocommit_isolation():
            return

        manner = current_manner()
        manner.note_begin(connection)
        asked = connection.get_execution_options().get("sqlite_begin")
        only_reads = asked is None and manner.only_reads(connection)
        own = self.own_writer()
        if only_reads or asked == "DEFERRED" or own:
            self.begin_deferred(connection, own)
            return

        writer = self.begin_immediate(connection)
        writer.gives_way = asked is None and manner.gives_way
        if asked is None and manner.only_reads(connection):
            # That has become known while it waited.
            writer.give_way()
            self.lock.look()

    def begin_deferred(self, connection: Connection, own: Writer | None) -> None:
        driver_connection: Any = connection.connection.driver_connection
        driver_connection.execute("BEGIN DEFERRED")
        connection.info[WRITER] = reader = Writer.that_reads(driver_connection)
        note_own(self.path, reader)
        if own:
            own.outers.add(reader)
        snapshots.note_begin(connection)

    def begin_immediate(self, connection: Connection) -> Writer:
        driver_connection: Any = connection.connection.driver_connection
        statement = "BEGIN IMMEDIATE"
        execute = partial(driver_connection.execute, statement)
        try:
            writer = self.take(driver_connection, execute)
        except sqlite3.OperationalError as error:
            raise OperationalError(statement, None, error) from error

        connection.info[WRITER] = writer
        return writer

    def take(
        self, connection: sqlite3.Connection, execute: Callable[[], object]
    ) -> Writer:
        """Execute what takes the lock, once it is the caller's turn.

        A transaction of the caller that has the lock, and has only read, gives way.

        :raises sqlite3.OperationalError: if that takes longer than the timeout.
        """
        own = self.own_writer()
        if own and not own.has_only_read():
            raise sqlite3.OperationalError(BUSY.format(own))

        def give_way_and_execute() -> None:
            if own:
                own.give_way()
            execute()

        manner = current_manner()
        manner.prepare()
        writer = Writer(str(manner), manner.gives_way)
        writer.outers = Outers(self.path, connection)
        self.lock.take(writer, connection, give_way_and_execute, self.timeout, own)
        note_own(self.path, writer)
        return writer

    def own_writer(self) -> Writer | None:
        """Return the writer that the caller would wait for, although it is its own."""
        writer = self.current_writer()
        return writer if writer in own_writers(self.path) else None

    def is_taken(self) -> bool:
        """Tell whether another caller has its turn."""
        return self.current_writer() not in (None, *own_writers(self.path))

    def current_writer(self) -> Writer | None:
        writer = self.lock.current()
        return None if writer is None or writer.is_over() else writer
