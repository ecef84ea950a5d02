# /// template
# dialects: [mysql]
# requirement: mysql-connector-python>=9.1,<27
# module: mysql.connector
# blocking: use 'pymysql', or add 'use_pure=true' to the query
# instead: pymysql
# unblocked_by: use_pure
# ///
"""What is particular to MySQL Connector/Python, the driver.

Tested in ``tests/database/test_connections.py``.
"""

from typing import Any

from sqlalchemy import Engine

from . import locks

NAME = "mysqlconnector"

CONNECT_ARGS: dict[str, Any] = {}

# It does not show its socket, so the server is asked.
ENGINE_OPTIONS: dict[str, Any] = {"pool_pre_ping": True}

# The client's error CR_SERVER_LOST_EXTENDED.
SERVER_LOST = 2055


def protect(engine: Engine) -> None:
    """Let threads take turns with a connection, which they must not share."""
    # A cursor asks the server as it is made, and looks for results as it is closed.
    locks.protect(engine, ["cursor", "handle_unread_result"])


def has_died(connection: Any) -> bool:
    """Tell whether a connection that was idle cannot be used any more."""
    return False  # The pool has asked the server.


def fileno(connection: Any) -> int:
    """Return -1, as the driver does not show the socket of a connection."""
    return -1


def error_code(error: Any) -> object:
    """Return the number of an error, if it has one."""
    # This error has none.
    if "Connection not available" in str(error):
        return SERVER_LOST

    return getattr(error, "errno", None)


def autocommit(connection: Any) -> object:
    """Return nothing, as the driver would have to ask the server."""
    return None


def has_failed(connection: Any) -> bool:
    """Return no, as the server refuses a commit that would lose something."""
    return False
