"""Rows that are still at the server get in nobody's way, and none goes missing.

With MySQL's protocol, a connection can do nothing else until all rows of a result that
is read row by row have been read. So a second statement takes the others into memory.
Where nobody wants them, and the transaction ends, the connection is closed instead.

Tested in ``tests/database/test_unread.py``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from typing import NamedTuple
from weakref import ref

from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from .methods import EXECUTE
from .methods import Method
from .methods import wrap
from .rows import Rows


class Unread(NamedTuple):
    """What has a connection to itself. The driver reads it before it forgets it."""

    cursor: Any
    rows: ref[Rows]
    connection: ref[Connection]

    @property
    def is_open(self) -> bool:
        return self.cursor.connection is not None


def protect(engine: Engine, forget: Callable[[Any], None]) -> None:
    """Let other statements have their turn, whatever has not been read.

    :param forget: keeps a cursor from reading once its connection is closed.
    """
    wrap(engine, EXECUTE, execute_alone)
    wrap(engine, ["do_commit"], commit_alone)
    wrap(engine, ["do_rollback"], close_if_unread)
    event.listen(engine, "close", partial(give_up, forget))


def execute_alone(execute: Method) -> Method:
    def wrapper(cursor: Any, *arguments: Any) -> None:
        context = arguments[-1]
        connection = context.root_connection
        info = connection.info
        read_rest(info, before=cursor)
        execute(cursor, *arguments)
        if context._is_server_side and cursor.description:
            rows = context.cursor = Rows(cursor, info["lock"])
            info["unread"] = Unread(cursor, ref(rows), ref(connection))

    return wrapper


def commit_alone(commit: Method) -> Method:
    def wrapper(connection: Any) -> None:
        read_rest(connection.info)
        commit(connection)

    return wrapper


def read_rest(info: dict[str, Any], before: Any = None) -> None:
    """Read what is left of a result, and keep it if somebody may want it."""
    unread = info.get("unread")
    # One cursor executes all batches of an INSERT, whose rows SQLAlchemy has read.
    if unread is None or unread.cursor is before:
        return

    rows = unread.rows()
    if rows is not None and not rows.is_closed:
        rows.take_rest()

    unread.cursor.close()
    del info["unread"]


def close_if_unread(roll_back: Method) -> Method:
    """Close a connection instead of reading the rest only to roll back."""

    def wrapper(connection: Any) -> None:
        unread = connection.info.get("unread")
        if unread is not None and unread.is_open:
            # The pool's connection may have outlived SQLAlchemy's.
            (unread.connection() or connection).invalidate()
        else:
            roll_back(connection)

    return wrapper


def give_up(forget: Callable[[Any], None], _: Any, record: ConnectionPoolEntry) -> None:
    unread = record.info.get("unread")
    if unread is not None and unread.is_open:
        forget(unread.cursor)
        if (rows := unread.rows()) is not None:
            rows.refuse()
