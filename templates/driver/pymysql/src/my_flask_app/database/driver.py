# /// template
# dialects: [mysql]
# requirement: PyMySQL[rsa]>=1.1,<2
# module: pymysql
# ///
"""What is particular to PyMySQL, the driver.

Tested in ``tests/database/test_connections.py``.
"""

from typing import Any

from sqlalchemy import Engine

from . import locks
from . import unread
from .sockets import is_readable

NAME = "pymysql"

CONNECT_ARGS: dict[str, Any] = {}

ENGINE_OPTIONS: dict[str, Any] = {}


def protect(engine: Engine) -> None:
    """Let threads and unread rows take turns with a connection."""
    unread.protect(engine, forget_rows)
    locks.protect(engine)


def forget_rows(cursor: Any) -> None:
    """Keep a cursor from reading once its connection is closed."""
    cursor._result.unbuffered_active = False


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    # It has no public name for its socket.
    return not connection.open or is_readable(connection._sock)


def fileno(connection: Any) -> int:
    """Return the file descriptor of a connection's socket, or -1."""
    return int(connection._sock.fileno()) if connection.open else -1


def error_code(error: Any) -> object:
    """Return the number of an error, if it has one."""
    return error.args[0] if error.args else None


def autocommit(connection: Any) -> object:
    """Return whether a connection commits by itself, as far as the driver knows."""
    return connection.get_autocommit()


def has_failed(connection: Any) -> bool:
    """Return no, as the server refuses a commit that would lose something."""
    return False
