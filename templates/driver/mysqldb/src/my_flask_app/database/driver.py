# /// template
# dialects: [mysql]
# requirement: mysqlclient>=2.2.5,<3
# module: MySQLdb
# blocking: use 'pymysql'
# instead: pymysql
# ///
"""What is particular to mysqlclient, the driver that SQLAlchemy calls mysqldb.

Tested in ``tests/database/test_connections.py``.
"""

from typing import Any

from sqlalchemy import Engine

from . import locks
from . import unread

NAME = "mysqldb"

# By default it waits for minutes for a server that does not answer.
CONNECT_ARGS: dict[str, Any] = {"connect_timeout": 10}

# It does not show its socket, so the server is asked.
ENGINE_OPTIONS: dict[str, Any] = {"pool_pre_ping": True}


def protect(engine: Engine) -> None:
    """Let threads and unread rows take turns with a connection."""
    unread.protect(engine, forget_rows)
    # A cursor looks for further results as it is closed.
    locks.protect(engine, ["next_result"])


def forget_rows(cursor: Any) -> None:
    """Do nothing, as a cursor does not read once its connection is closed."""


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    return False  # The pool has asked the server.


def fileno(connection: Any) -> int:
    """Return -1, as the driver does not show the socket of a connection."""
    return -1


def error_code(error: Any) -> object:
    """Return the number of an error, if it has one."""
    return error.args[0] if error.args else None


def autocommit(connection: Any) -> object:
    """Return whether a connection commits by itself, as far as the driver knows."""
    return connection.get_autocommit()


def has_failed(connection: Any) -> bool:
    """Return no, as the server refuses a commit that would lose something."""
    return False
