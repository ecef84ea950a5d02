"""Rows that are still at the server get in nobody's way, and none goes missing.

With MySQL's protocol, a connection can do nothing else until all rows of a result that
is read row by row have been read. So a second statement takes the others into memory.
Where nobody wants them, and the transaction ends, the connection is closed instead.

Tested in ``tests/database/test_unread.py``.
"""

from collections.abc import Callable
from collections.abc import Iterator
from functools import partial
from itertools import islice
from threading import RLock
from typing import Any
from typing import NamedTuple
from weakref import ref

from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from .cursors import is_open
from .cursors import refuse_rows
from .methods import EXECUTE
from .methods import Method
from .methods import wrap


class Rows:
    """A cursor that reads its rows from the server, or has them in memory."""

    def __init__(self, cursor: Any, lock: RLock) -> None:
        self.cursor, self.lock = cursor, lock
        self.rest: Iterator[Any] | None = None
        self.is_closed = False
        self.description = cursor.description  # Some cursors forget it as they close.

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def fetchone(self) -> Any:
        return next(iter(self.fetchmany(1)), None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        with self.lock:
            if self.rest is not None:
                return list(islice(self.rest, size))

            rows = self.cursor.fetchmany(size)
            if len(rows) < size:
                self.take_rest()

            return list(rows)

    def fetchall(self) -> list[Any]:
        with self.lock:
            self.take_rest()
            return list(self.rest or ())

    def take_rest(self) -> None:
        """Have the rest in memory, so that the connection can do something else."""
        try:
            if self.rest is None:
                self.rest = iter(self.cursor.fetchall())
                self.cursor.close()
        except BaseException:
            refuse_rows(self)
            raise

    def close(self) -> None:
        """Leave the rest at the server, until something else needs the connection."""
        self.is_closed = True


class Unread(NamedTuple):
    """What has a connection to itself. The driver reads it before it forgets it."""

    cursor: Any
    rows: ref[Rows]
    connection: ref[Connection]


def protect(engine: Engine, forget: Callable[[Any], None]) -> None:
    """Let others use a connection. ``forget`` keeps a cursor from reading a closed one."""
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
    if rows is None or rows.is_closed:
        unread.cursor.close()
    else:
        rows.take_rest()

    del info["unread"]


def close_if_unread(roll_back: Method) -> Method:
    """Close a connection instead of reading the rest only to roll back."""

    def wrapper(connection: Any) -> None:
        unread = connection.info.get("unread")
        if unread is not None and is_open(unread.cursor):
            # The pool's connection may have outlived SQLAlchemy's.
            (unread.connection() or connection).invalidate()
        else:
            roll_back(connection)

    return wrapper


def give_up(forget: Callable[[Any], None], _: Any, record: ConnectionPoolEntry) -> None:
    unread = record.info.get("unread")
    if unread is not None and is_open(unread.cursor):
        forget(unread.cursor)
        if (rows := unread.rows()) is not None:
            refuse_rows(rows)
