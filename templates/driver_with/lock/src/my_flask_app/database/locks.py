"""Threads that share a connection take turns with it.

Threads that inherit a context share the connection of its session. A driver whose
``threadsafety`` is below 2 (see PEP 249) would give them each other's results.

Tested in ``tests/database/test_connections.py``.
"""

from threading import RLock
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from .methods import EXECUTE
from .methods import Method
from .methods import wrap


def protect(engine: Engine) -> None:
    """Let a statement have its connection to itself."""
    event.listen(engine, "connect", add_lock)
    wrap(engine, EXECUTE, execute_in_turn)
    wrap(engine, ["do_commit", "do_rollback"], end_in_turn)


def add_lock(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["lock"] = RLock()


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
