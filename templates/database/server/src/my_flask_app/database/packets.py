"""A statement that is longer than the server accepts is an error of the application.

MySQL and MariaDB end the connection when they get one. It looks like any other lost
connection, but asking again does not help.

Tested in ``tests/database/test_packets.py``.
"""

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from . import dialect
from . import driver

logger = logging.getLogger(__name__)

# Drivers put a backslash in front of these.
ESCAPED = "\0\n\r\x1a\"'\\"


def protect(engine: Engine) -> None:
    """Tell statements that are too long from connections that the server has ended."""
    if dialect.LONGEST_STATEMENT:
        event.listen(engine, "connect", remember_limit)
        event.listen(engine, "handle_error", explained)


def remember_limit(connection: Any, record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(dialect.LONGEST_STATEMENT)
    ((record.info["longest_statement"],),) = cursor.fetchall()
    cursor.close()
    connection.commit()


def explained(context: ExceptionContext) -> DBAPIError | None:
    """Return an error that is not temporary, if the statement was too long."""
    error, connection = context.sqlalchemy_exception, context.connection
    refused = driver.error_code(context.original_exception) in dialect.TOO_LONG
    if not isinstance(error, DBAPIError) or connection is None:
        return None
    if not refused and not context.is_disconnect:
        return None

    limit = connection.info.get("longest_statement")
    length = length_of(error.statement or "", error.params)
    if limit is None or not refused and length < limit:
        return None

    message = (
        f"the statement has about {length} bytes, and the server accepts {limit}"
        f" ({dialect.LONGEST_STATEMENT})"
    )
    logger.error("Asking again will not help: %s", message)
    context.is_disconnect = True
    context.invalidate_pool_on_disconnect = False
    longer = OperationalError(error.statement, error.params, context.original_exception)
    longer.hide_parameters = error.hide_parameters
    longer.add_detail(message)
    return longer


def length_of(statement: str, parameters: Any) -> int:
    """Return how many bytes are sent, at most; of several rows, for the longest."""
    rows = parameters if isinstance(parameters, list) else [parameters or ()]
    values = [row.values() if isinstance(row, Mapping) else row for row in rows]
    longest = max((sum(map(length_of_value, row)) for row in values), default=0)
    return len(statement.encode()) + longest


def length_of_value(value: object) -> int:
    if isinstance(value, bytes | bytearray | memoryview):
        return 2 * len(value)  # PyMySQL sends two digits for each.

    text = str(value)
    return len(text.encode()) + sum(map(text.count, ESCAPED))
