"""Transactions take turns at SQLite's one write lock.

A transaction that reads first and takes the lock later is refused if another wrote in
between, so it takes its turn at the lock when it begins. Readers see the last committed
state and never wait. Tested in ``tests/database/test_connections.py``.
"""

import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError

from .dialect import is_locked
from .methods import EXECUTE
from .methods import Method
from .methods import wrap

# Who holds which database's write lock, by its URL and the thread. Greenlets that are
# not patched share a thread, but not a context variable.
WriteLockHolders = dict[tuple[URL, int], "weakref.ref[Connection]"]
write_lock_holders: ContextVar[WriteLockHolders] = ContextVar("write_lock_holders")


def protect(engine: Engine, timeout: float) -> None:
    """Let transactions of an engine wait for the write lock, up to ``timeout`` s."""
    wrap(engine, EXECUTE, partial(wait_in_autocommit, timeout))

    @event.listens_for(engine, "begin")
    def begin_in_turn(connection: Connection) -> None:
        begin(connection, timeout)


def wait_in_autocommit(timeout: float, execute: Method) -> Method:
    """Let a statement wait that is a transaction by itself."""

    def wrapper(cursor: sqlite3.Cursor, *arguments: Any) -> None:
        if cursor.connection.in_transaction:
            execute(cursor, *arguments)
        else:
            wait(partial(execute, cursor, *arguments), timeout)

    return wrapper


def begin(connection: Connection, timeout: float) -> None:
    """Begin a transaction; one that may write waits up to ``timeout`` seconds."""
    if connection._is_autocommit_isolation():
        return

    reads = connection.get_execution_options().get("sqlite_begin") == "DEFERRED"
    if reads or holds_write_lock(connection.engine.url):
        connection.exec_driver_sql("BEGIN DEFERRED")
    else:
        begin_immediate(connection, timeout)


def holds_write_lock(url: URL) -> bool:
    """Tell whether the caller holds the lock, and would wait for itself."""
    reference = write_lock_holders.get({}).get((url, threading.get_ident()))
    connection = reference() if reference else None
    return connection is not None and connection.in_transaction()


def begin_immediate(connection: Connection, timeout: float) -> None:
    statement = "BEGIN IMMEDIATE"
    try:
        wait(partial(connection.connection.cursor().execute, statement), timeout)
    except sqlite3.OperationalError as error:
        raise OperationalError(statement, None, error) from error

    key = (connection.engine.url, threading.get_ident())
    write_lock_holders.set(write_lock_holders.get({}) | {key: weakref.ref(connection)})


def wait(execute: Callable[[], object], timeout: float) -> None:
    """Execute a statement that needs a lock, and wait for it up to ``timeout`` s.

    SQLite's own way to wait blocks a thread with all its greenlets.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            execute()
            return
        except sqlite3.OperationalError as error:
            if not is_locked(error) or time.monotonic() > deadline:
                raise

        time.sleep(random.uniform(0.001, 0.005))
