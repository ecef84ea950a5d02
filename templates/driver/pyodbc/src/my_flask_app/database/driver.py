# /// template
# dialects: [mssql]
# requirement: pyodbc>=5.2,<6
# packages: unixodbc
# module: pyodbc
# blocking: no driver for SQL Server yields
# ///
"""What is particular to pyodbc, the driver.

Tested in ``tests/database/test_connections.py``.
"""

from typing import Any

from sqlalchemy import Engine

from . import locks

NAME = "pyodbc"

CONNECT_ARGS: dict[str, Any] = {}

# It does not show its socket, so the server is asked.
ENGINE_OPTIONS: dict[str, Any] = {"pool_pre_ping": True}

# What the query of a URL may say is not known, so all of it is left to the driver.
PARAMETERS = ""
FILES: tuple[str, ...] = ("",)
SYSTEM = ""
TLS: dict[str, dict[str, str]] = {}


def protect(engine: Engine) -> None:
    """Let threads take turns with a connection, which they must not share."""
    locks.protect(engine)


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    return False  # The pool has asked the server.


def fileno(connection: Any) -> int:
    """Return -1, as the driver does not show the socket of a connection."""
    return -1


def error_code(error: Any) -> object:
    """Return the code of an error, if it has one."""
    return error.args[0] if error.args else None


def autocommit(connection: Any) -> object:
    """Return whether a connection commits by itself, as far as the driver knows."""
    return connection.autocommit


def has_failed(connection: Any) -> bool:
    """Return no, as the server refuses a commit that would lose something."""
    return False


def takes(name: str) -> bool:
    """Return yes, as only the driver and its configuration know."""
    return True
