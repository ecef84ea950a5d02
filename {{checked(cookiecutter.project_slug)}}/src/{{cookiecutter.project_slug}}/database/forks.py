"""A child process opens sessions and connections of its own, and harms none.

A child must neither use nor free the connections of its parent: the driver might close
them over the socket that both share. So they are kept, and where the driver shows the
socket, it is replaced in the child, so that nothing can be sent over it.

Tested in ``tests/database/test_forks.py``.
"""

import atexit
import ctypes
import os
from collections.abc import Callable
from collections.abc import MutableMapping
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

# Returns the file descriptor of a connection's socket, or -1.
Fileno = Callable[[Any], int]

engines: WeakSet[Engine] = WeakSet()
registries: list[MutableMapping[Any, Any]] = []
records: WeakSet[ConnectionPoolEntry] = WeakSet()


def forget_sessions_after_fork(registry: MutableMapping[Any, Any]) -> None:
    registries.append(registry)


def forget_connections_after_fork(engine: Engine, fileno: Fileno | None = None) -> None:
    """Let a child process have no connection of its parent.

    :param fileno: left out if connections have no sockets.
    """

    @event.listens_for(engine, "connect")
    def remember(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["process"] = os.getpid()
        record.info["fileno"] = fileno
        records.add(record)

    engines.add(engine)


def is_inherited(record: ConnectionPoolEntry) -> bool:
    """Tell whether a connection was another process's, and disown it if it was.

    uWSGI forks without telling Python.
    """
    if record.info["process"] == os.getpid():
        return False

    disown(record)
    return True


def disown(record: Any) -> None:
    """Leave a connection to the process that opened it."""
    connection, fileno = record.dbapi_connection, record.info.get("fileno")
    # It is not freed when the interpreter ends, either.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    if connection and fileno:
        cut_off(fileno(connection))

    # Using it raises an error: the connection has been lost.
    record.dbapi_connection = None
    if record.fairy_ref and (fairy := record.fairy_ref()):
        fairy.dbapi_connection = None


def cut_off(descriptor: int) -> None:
    """Replace a socket by one that leads nowhere, in this process only."""
    if descriptor != -1:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def forget() -> None:
    for record in records:
        disown(record)

    records.clear()
    for engine in engines:
        engine.dispose(close=False)

    for registry in registries:
        registry.clear()


def close_connections() -> None:
    """Close those that nobody uses, as drivers may complain of open ones at exit."""
    own = all(record.info["process"] == os.getpid() for record in records)
    for engine in engines:
        engine.dispose(close=own)


atexit.register(close_connections)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget)
