"""No request finds the settings, functions or temporary tables of another.

They belong to the connection, not to the transaction, so the pool would lend them to
the next request, and with them a result that nobody has read to its end: SQLite goes on
with that in whatever transaction the connection has by then. A connection that does not
come back as it was lent is closed, and another is opened when it is needed.

Tested in ``tests/database/test_leftovers.py``.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]

# What the names of methods begin with that change a connection.
CHANGING = ("create_", "deserialize", "enable_", "load_", "set")

# What has a value that is no setting, and what SQLAlchemy sets itself.
HARMLESS_PRAGMAS = {
    *("foreign_key_list", "index_info", "index_list", "index_xinfo", "optimize"),
    *("read_uncommitted", "table_info", "table_xinfo", "wal_checkpoint"),
}


class WatchedConnection(sqlite3.Connection):
    """A connection that remembers what has changed it.

    SQLite asks an authorizer what a statement may do when it compiles it, however that
    is executed then.
    """

    __slots__ = ("changes",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.changes: list[object] = []
        self.set_authorizer(None)

    def set_authorizer(self, authorizer_callback: Authorizer | None) -> None:
        note = self.changes.append

        def authorize(action: int, *details: Any) -> int:
            if may_leave_something(action, *details):
                note(action)

            return authorizer_callback(action, *details) if authorizer_callback else 0

        super().set_authorizer(authorize)


def noting(method: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(connection: WatchedConnection, *args: Any, **options: Any) -> Any:
        connection.changes.append(method)
        return method(connection, *args, **options)

    return wrapper


for name in dir(sqlite3.Connection):
    if name.startswith(CHANGING):
        setattr(WatchedConnection, name, noting(getattr(WatchedConnection, name)))


def may_leave_something(
    action: int, name: str | None, value: str | None, database: str | None, _: object
) -> bool:
    """Tell whether a statement may change its connection for longer than a transaction.

    :param action: what it does, as an authorizer gets it; likewise the others.
    """
    if action == sqlite3.SQLITE_PRAGMA:
        return value is not None and str(name).lower() not in HARMLESS_PRAGMAS
    if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
        return True

    return database == "temp" and action != sqlite3.SQLITE_READ


def protect(engine: Engine) -> None:
    """Let connections of an engine come back as they were, or not at all."""
    event.listen(engine, "do_connect", watch)
    event.listen(engine, "checkout", remember_state)
    event.listen(engine, "checkin", close_if_changed)


def watch(*arguments: Any) -> None:
    arguments[-1].setdefault("factory", WatchedConnection)


def remember_state(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    # The first time, there is what the application sets up for all connections.
    if "state" not in record.info:
        record.info["state"] = state_of(connection)


def close_if_changed(connection: Any, record: ConnectionPoolEntry) -> None:
    if connection is None:
        return

    state = record.info.get("state")
    if state_of(connection) != state or has_unread_result(connection):
        record.invalidate()


def state_of(connection: Any) -> object:
    return (
        len(getattr(connection, "changes", ())),
        connection.row_factory,
        connection.text_factory,
        connection.isolation_level,
        getattr(connection, "autocommit", None),  # Python has it from 3.12 on.
    )


def has_unread_result(connection: sqlite3.Connection) -> bool:
    """Tell whether a statement has not come to its end.

    What is executed is interrupted until each of those has; without any, nothing is.
    """
    connection.interrupt()
    try:
        connection.execute("SELECT 1 WHERE 0")
    except sqlite3.Error:
        return True

    return False
