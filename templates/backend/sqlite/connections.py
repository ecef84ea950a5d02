"""Connections to the SQLite database: how they are named, opened and begun.

Nothing here needs Flask, so a script can use it too.

SQLite has one write lock. A transaction that reads first and takes the lock later is
refused if another wrote in between, so it takes its turn at the lock when it begins.
Readers see the last committed state and never wait.
"""

import os
import random
import sqlite3
import threading
import time
import weakref
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import make_url
from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import OperationalError

INSTANCE = Path(__file__).parents[2] / "instance"

# Who holds which database's write lock, by its URL and the thread. Greenlets that are
# not patched share a thread, but not a context variable.
WriteLockHolders = dict[tuple[URL, int], "weakref.ref[Connection]"]
write_lock_holders: ContextVar[WriteLockHolders] = ContextVar("write_lock_holders")


def parse_url(text: str) -> URL:
    """Return the URL of a SQLite file; a relative path is in the instance folder.

    :raises ValueError: if the text is no URL, or not one of a SQLite file.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = URL.create("")

    path = url.database or ""
    if url.drivername not in ("sqlite", "sqlite+pysqlite") or ":memory:" in path:
        path = ""
    if not path or url.query.get("mode") == "memory":
        raise ValueError(
            "is not the URL of a SQLite file; accepted is sqlite:///file.db, or"
            " sqlite:////folder/file.db for an absolute path"
        )

    if path.startswith("file:"):
        return url

    file = INSTANCE / path
    if file.parent != INSTANCE and not file.parent.is_dir():
        raise ValueError(f"names a file in {str(file.parent)!r}, which is no folder")

    return url.set(database=str(file))


def create_engine(url: URL, **options: Any) -> Engine:
    """Return an engine whose transactions take turns at the write lock.

    :param options: passed to :func:`sqlalchemy.create_engine`. ``pool_timeout``,
        in seconds, is how long a transaction waits for the write lock.

    With the execution option ``sqlite_begin="DEFERRED"`` a transaction only reads.
    """
    timeout = options.get("pool_timeout", 30)
    if INSTANCE in Path(url.database or "").parents:
        INSTANCE.mkdir(exist_ok=True)

    engine = sqlalchemy.create_engine(
        url, **{"max_overflow": -1, "connect_args": {"timeout": 0}} | options
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        execute_with_retries(connection.cursor(), "PRAGMA journal_mode = WAL", timeout)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("sqlite_begin") == "DEFERRED"
        if reads or holds_write_lock(connection.engine.url):
            connection.exec_driver_sql("BEGIN DEFERRED")
            return

        begin_immediate(connection, timeout)

    forget_connections_after_fork(engine)
    return engine


def forget_connections_after_fork(engine: Engine) -> None:
    """Have child processes open connections of their own, as none can be shared."""
    reference = weakref.ref(engine)

    def forget() -> None:
        engine = reference()
        if engine is not None:
            engine.dispose(close=False)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)


def holds_write_lock(url: URL) -> bool:
    """Tell whether whoever asks holds the lock, and would wait for itself."""
    reference = write_lock_holders.get({}).get((url, threading.get_ident()))
    connection = reference() if reference else None
    return connection is not None and connection.in_transaction()


def begin_immediate(connection: Connection, timeout: float) -> None:
    statement = "BEGIN IMMEDIATE"
    try:
        execute_with_retries(connection.connection.cursor(), statement, timeout)
    except sqlite3.OperationalError as error:
        raise OperationalError(statement, None, error) from error

    key = (connection.engine.url, threading.get_ident())
    write_lock_holders.set(write_lock_holders.get({}) | {key: weakref.ref(connection)})


def execute_with_retries(cursor: Any, statement: str, timeout: float) -> None:
    """Execute a statement that needs a lock, and wait for it up to ``timeout`` s.

    SQLite's own way to wait blocks a thread with all its greenlets, among them
    perhaps the one that holds the lock. Sleeping lets the others work.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise

        time.sleep(random.uniform(0.001, 0.005))


def is_temporary(error: BaseException | None) -> bool:
    """Tell whether the database was locked, and may later do what it could not now."""
    return (
        isinstance(error, OperationalError)
        and isinstance(error.orig, sqlite3.OperationalError)
        and "locked" in str(error.orig)
    )
