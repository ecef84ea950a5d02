# /// template
# title: SQLite
# driver: pysqlite
# ///
"""What is particular to SQLite.

Tested in ``tests/database/test_connections.py`` and ``test_sqlite_migrations.py``.
"""

import sqlite3
from typing import Any

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"sqlite": "sqlite"}

# SQLite does not know the transactions of other connections.
OPEN_TRANSACTIONS = ""

# A pattern of the statements that commit themselves: none does.
COMMITS = ""

# Nothing is known that cannot hold every text.
NARROW = ""
NARROW_MEANS = ""

# SQLite alters a table by putting a new one in its place, and undoes that like anything
# else if the migration fails.
MIGRATION_OPTIONS: dict[str, Any] = {"render_as_batch": True, "transactional_ddl": True}


class FileIsGone(sqlite3.OperationalError):
    """The file of the database was deleted, or another has taken its place."""


class StaleState(sqlite3.OperationalError):
    """Another transaction has written since one that is to write began to read."""


def is_locked(error: object) -> bool:
    """Tell whether another connection held the lock that was needed."""
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def is_stale(error: object) -> bool:
    """Tell whether waiting is of no use, as another has written since a read."""
    # SQLite's own error has a name from Python 3.11 on.
    name = getattr(error, "sqlite_errorname", "")
    return isinstance(error, StaleState) or name == "SQLITE_BUSY_SNAPSHOT"


def is_full(error: object) -> bool:
    """Tell whether there was no room on the disk, also for the index of the log."""
    name = getattr(error, "sqlite_errorname", "")
    is_error = isinstance(error, sqlite3.OperationalError)
    return is_error and ("is full" in str(error) or name == "SQLITE_IOERR_SHMSIZE")


def version(connection: sqlite3.Connection) -> int:
    """Return a number that changes whenever another connection commits."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])
