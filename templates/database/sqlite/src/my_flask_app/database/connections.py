"""Connections to the SQLite file enforce foreign keys, and readers wait for nobody.

Child processes open connections of their own. Tested in
``tests/database/test_connections.py``. Nothing here needs Flask, so a script can use it
too.
"""

import sqlite3
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from ..env_file import instance_folder
from . import files
from . import late_writes
from . import leftovers
from .failures import explained
from .failures import problem
from .forks import forget_connections_after_fork
from .options import merged
from .pools import NestingQueuePool
from .turnstile import wait
from .urls import file_of
from .urls import parse_url

# Beyond those that are kept. Each has three files open, of often 1024 of a process.
MAX_OVERFLOW = 92

# The log is reused from its beginning when it has about 4 MB, and grows further only
# while somebody reads an old state. This is what is kept of it afterwards, in bytes.
LOG_SIZE = 8 * 1024 * 1024

# SQLAlchemy's own for a pool, in seconds.
DEFAULT_TIMEOUT = 30.0


def create_engine(url: str | URL, **options: Any) -> Engine:
    """Return an engine whose transactions take turns at the write lock.

    With the execution option ``sqlite_begin="DEFERRED"`` a transaction only reads. With
    ``sqlite_synchronous="NORMAL"`` no commit waits for the disk.

    :param url: as :func:`.urls.parse_url` takes it.
    :param options: passed to :func:`sqlalchemy.create_engine`. ``pool_timeout``,
        in seconds, is how long a transaction waits for the write lock.
    :raises ValueError: if the URL cannot be used.
    """
    url = parse_url(url)
    engine = sqlalchemy.create_engine(url, **engine_options(url, options))
    protect(engine)
    return engine


def engine_options(url: URL, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an engine for ``url``; those that are given go first."""
    ours = {
        "poolclass": NestingQueuePool,
        "max_overflow": MAX_OVERFLOW,
        # SQLite's own way to wait blocks a thread with all its greenlets.
        "connect_args": {"timeout": 0},
    }
    return merged(ours, given)


def protect(engine: Engine) -> None:
    """Let a new engine keep what :mod:`.files`, :mod:`.turns` and this promise."""
    file = file_of(engine.url)
    if instance_folder() in file.parents:
        instance_folder().mkdir(exist_ok=True)

    timeout = timeout_of(engine)
    synchronous = engine.get_execution_options().get("sqlite_synchronous", "FULL")

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_SIZE}")
        deadline = time.monotonic() + timeout
        try:
            wait(partial(begin_log, connection, file, synchronous), deadline)
        except sqlite3.Error as error:
            connection.close()
            raise explained(error, str(file)) from None

    # First, as connections are to be of its class.
    leftovers.protect(engine)
    files.protect(engine)
    late_writes.protect(engine, timeout)
    forget_connections_after_fork(engine)


def timeout_of(engine: Engine) -> float:
    """Return how many seconds a transaction waits for its turn to write."""
    pool = engine.pool
    return pool.timeout() if isinstance(pool, QueuePool) else DEFAULT_TIMEOUT


def begin_log(connection: sqlite3.Connection, file: Path, synchronous: str) -> None:
    """Have a log, so that readers wait for nobody.

    Next to an empty file, there may be the index of the log of one that was deleted.
    """
    if connection.execute("PRAGMA page_count").fetchone() == (0,):
        connection.execute("BEGIN EXCLUSIVE")
        # Whoever has a log of this file keeps it locked, and it is not empty.
        if file.stat().st_size == 0:
            Path(f"{file.resolve()}-shm").unlink(missing_ok=True)

        connection.rollback()

    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        if not problem(str(file)):
            raise

    connection.execute(f"PRAGMA synchronous = {synchronous}")
    # A new log is there only when something is read.
    connection.execute("PRAGMA page_count").fetchone()


def connect_to_migrate(engine: Engine) -> Connection:
    """Return a connection for migrations, which is closed after them."""
    # It gives its turn to nobody while a migration only reads.
    connection = engine.connect().execution_options(sqlite_begin="IMMEDIATE")
    if what := problem(str(file_of(engine.url))):
        connection.close()
        raise OperationalError(None, None, sqlite3.OperationalError(what))

    # If foreign keys were on, dropping the old one of two tables would delete the rows
    # that refer to it.
    connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
    return connection


def broken_references(connection: Connection) -> set[str]:
    """Return what refers to a missing row, as migrations may have deleted that."""
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return {f"row {row} of {table} refers to {other}" for table, row, other, _ in rows}
