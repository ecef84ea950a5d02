"""Transactions take turns at SQLite's one write lock.

A transaction that reads first and takes the lock later is refused if another wrote in
between, so it takes its turn at the lock when it begins. Readers see the last committed
state and never wait.

Tested in ``tests/database/test_connections.py`` and ``test_write_lock.py``.
"""

import os
import sqlite3
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any
from weakref import ref
from weakref import WeakValueDictionary

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from . import snapshots
from .manners import current_manner
from .write_lock import WriteLock
from .writers import WRITER
from .writers import Writer

BUSY = "database is locked: another transaction of the same thread has changes; {}"

# By process and path, as a child does not wait for the threads of its parent.
locks: WeakValueDictionary[tuple[int, str], WriteLock] = WeakValueDictionary()

# The last writer of a caller, by path and thread. Greenlets that are not patched share
# a thread, but not a context variable.
OwnWriters = dict[tuple[str, int], "ref[Writer]"]
own_writers: ContextVar[OwnWriters] = ContextVar("own_writers")


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
        if only_reads or asked == "DEFERRED" or self.own_writer():
            begin_deferred(connection)
            return

        writer = self.begin_immediate(connection)
        writer.gives_way = asked is None and manner.gives_way
        if asked is None and manner.only_reads(connection):
            # That has become known while it waited.
            writer.give_way()
            self.lock.look()

    def begin_immediate(self, connection: Connection) -> Writer:
        driver_connection: Any = connection.connection.driver_connection
        statement = "BEGIN IMMEDIATE"
        execute = partial(driver_connection.execute, statement)
        try:
            writer = self.take(driver_connection, execute, self.timeout)
        except sqlite3.OperationalError as error:
            raise OperationalError(statement, None, error) from error

        connection.info[WRITER] = writer
        return writer

    def take(
        self,
        connection: sqlite3.Connection,
        execute: Callable[[], object],
        timeout: float,
    ) -> Writer:
        """Execute what takes the lock, once it is the caller's turn.

        A transaction of the caller that has the lock, and has only read, gives way.

        :param timeout: how long that may take, in seconds.
        :raises sqlite3.OperationalError: if it takes longer.
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
        self.lock.take(writer, connection, give_way_and_execute, timeout, own)
        key = (self.path, threading.get_ident())
        own_writers.set(own_writers.get({}) | {key: ref(writer)})
        return writer

    def own_writer(self) -> Writer | None:
        """Return the writer that the caller would wait for, although it is its own."""
        own = own_writers.get({}).get((self.path, threading.get_ident()))
        writer = own() if own else None
        has_turn = writer is not None and self.lock.current() is writer
        return None if writer is None or writer.is_over() or not has_turn else writer


def begin_deferred(connection: Connection) -> None:
    late = connection.info.get(WRITER)
    if late and late.has_given_way:
        del connection.info[WRITER]

    driver_connection: Any = connection.connection.driver_connection
    driver_connection.execute("BEGIN DEFERRED")
    snapshots.note_begin(connection)
