# /// template
# dialects: [postgresql]
# requirement: pg8000>=1.31,<2
# module: pg8000
# ///
"""What is particular to pg8000, the driver.

Tested in ``tests/database/test_connections.py``.
"""

from typing import Any

from sqlalchemy import Engine

from . import locks
from .sockets import is_readable

NAME = "pg8000"

CONNECT_ARGS: dict[str, Any] = {}

ENGINE_OPTIONS: dict[str, Any] = {}


def protect(engine: Engine) -> None:
    """Let threads take turns with a connection, which they must not share."""
    locks.protect(engine)


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    # It has no public name for its socket.
    return connection._usock is None or is_readable(connection._usock)


def fileno(connection: Any) -> int:
    """Return the file descriptor of a connection's socket, or -1."""
    return int(connection._usock.fileno()) if connection._usock else -1


def error_code(error: Any) -> object:
    """Return the SQLSTATE of an error, if it has one."""
    fields = error.args[0] if error.args else None
    return fields.get("C") if isinstance(fields, dict) else None


def autocommit(connection: Any) -> object:
    """Return whether a connection commits by itself, as far as the driver knows."""
    return connection.autocommit


def has_failed(connection: Any) -> bool:
    """Tell whether a transaction can only be rolled back."""
    return bool(connection._transaction_status == b"E")
