"""Threads that share a session take turns to use it.

Those that inherit a context share its session. At the same time they would disturb each
other's changes, and get each other's results from some drivers.

Tested in ``tests/database/test_threads.py``.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from .changes import BULK

# What uses a session's connection, or changes what is to be flushed; other methods call
# these.
METHODS = (
    *("add", "add_all", "delete", "expunge", "merge"),
    *("begin", "begin_nested", "close", "commit", "connection", "execute", "flush"),
    *("invalidate", "prepare", "reset", "rollback", "scalar", "scalars"),
    *BULK,
)


def take_turns(session_class: type[Session]) -> None:
    """Let one thread at a time use a session.

    :param session_class: its sessions have a :class:`threading.RLock` named ``lock``.
    """
    for name in METHODS:
        setattr(session_class, name, with_lock(getattr(session_class, name)))


def with_lock(method: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(session: Any, *args: Any, **options: Any) -> Any:
        with session.lock:
            return method(session, *args, **options)

    return wrapper
