"""No request finds the settings, locks or temporary tables of another.

They belong to the connection, not to the transaction, so the pool would lend them to
the next request. Only the statements that were executed on a connection tell that it
has such state. If one of them may have left something, the pool closes the connection
when it comes back, and opens another when it needs one.

Tested in ``tests/database/test_connections.py``.
"""

from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from . import driver
from .methods import EXECUTE
from .methods import Method
from .methods import wrap
from .statements import may_leave_something


def protect(engine: Engine) -> None:
    """Let connections of an engine come back as they were, or not at all."""
    wrap(engine, EXECUTE, noting)
    event.listen(engine, "connect", remember_autocommit)
    event.listen(engine, "checkin", close_if_changed)


def noting(execute: Method) -> Method:
    def wrapper(cursor: Any, statement: str, *arguments: Any) -> None:
        context = arguments[-1]
        if may_leave_something(statement, arguments[0]):
            context.root_connection.info["changed"] = True
        if context._is_server_side:
            context.root_connection.info.setdefault("cursors", WeakSet()).add(cursor)

        execute(cursor, statement, *arguments)

    return wrapper


def remember_autocommit(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["autocommit"] = driver.autocommit(connection)


def close_if_changed(connection: Any, record: ConnectionPoolEntry) -> None:
    if connection is None:
        return

    # What is left of a result is on the server, and would be read in the transaction of
    # another request.
    unread = any(map(is_open, record.info.pop("cursors", ())))
    changed = unread or record.info.pop("changed", False)
    if changed or driver.autocommit(connection) != record.info["autocommit"]:
        record.invalidate()


def is_open(cursor: Any) -> bool:
    # Some drivers say that it is closed, others forget the connection.
    attributes = getattr(cursor, "__dict__", {})
    closed = getattr(cursor, "closed", False)
    return not closed and attributes.get("connection", cursor) is not None
