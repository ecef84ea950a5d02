"""Threads that share a connection take turns with it.

Threads that inherit a context share the connection of its session. A driver whose
``threadsafety`` is below 2 (see PEP 249) would give them each other's results, and
psycopg2 refuses greenlets that share one.

Tested in ``tests/database/test_connections.py`` and ``test_locks.py``.
"""

from collections.abc import Callable
from collections.abc import Iterable
from functools import partial
from threading import RLock
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from .methods import EXECUTE
from .methods import Method
from .methods import wrap


def protect(engine: Engine, methods: Iterable[str] = ()) -> None:
    """Let a statement have its connection to itself.

    :param methods: those of the driver's connection that use it outside of a statement.
    """
    event.listen(engine, "connect", partial(add_lock, methods))
    event.listen(engine, "close", wait_for_turn)
    wrap(engine, EXECUTE, execute_in_turn)
    wrap(engine, ["do_commit", "do_rollback"], end_in_turn)


def add_lock(
    methods: Iterable[str], connection: Any, record: ConnectionPoolEntry
) -> None:
    lock = record.info["lock"] = RLock()
    for name in methods:
        setattr(connection, name, in_turn(getattr(connection, name), lock))


def wait_for_turn(_: Any, record: ConnectionPoolEntry) -> None:
    """Let no greenlet that is interrupted close a connection that another one uses."""
    # psycopg2 would block the process until the statement of the other one ends.
    with record.info["lock"]:
        pass


def in_turn(method: Callable[..., Any], lock: RLock) -> Callable[..., Any]:
    def wrapper(*args: Any, **options: Any) -> Any:
        with lock:
            return method(*args, **options)

    return wrapper


def execute_in_turn(execute: Method) -> Method:
    def wrapper(cursor: Any, *arguments: Any) -> None:
        with arguments[-1].root_connection.info["lock"]:
            execute(cursor, *arguments)

    return wrapper


def end_in_turn(end: Method) -> Method:
    def wrapper(connection: Any) -> None:
        with connection.info["lock"]:
            end(connection)

    return wrapper
