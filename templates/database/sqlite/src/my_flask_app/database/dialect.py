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

# SQLite alters a table by putting a new one in its place, and undoes that like anything
# else if the migration fails.
MIGRATION_OPTIONS: dict[str, Any] = {"render_as_batch": True, "transactional_ddl": True}


class FileIsGone(sqlite3.OperationalError):
    """The file of the database was deleted, or another has taken its place."""


def is_locked(error: object) -> bool:
    """Tell whether another connection held the lock that was needed."""
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def is_stale(error: object) -> bool:
    """Tell whether waiting is of no use, as another has written since a read.

    Before Python 3.11 it is not known.
    """
    return getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY_SNAPSHOT"


def is_full(error: object) -> bool:
    """Tell whether there was no room on the disk, also for the index of the log."""
    name = getattr(error, "sqlite_errorname", "")
    is_error = isinstance(error, sqlite3.OperationalError)
    return is_error and ("is full" in str(error) or name == "SQLITE_IOERR_SHMSIZE")
