"""What a database session is, and how it ends.

A session belongs to the application context in which it is first used: a request's,
a command's, or that of a ``with app.app_context()`` block. It ends with that context,
as :mod:`.lifetimes` has it. What was not committed is rolled back, and the connection
goes back to the pool.

Tested in ``tests/database/test_sessions.py``.
"""

import logging
from collections.abc import Callable
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

from flask.ctx import AppContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm import Session

from . import changes
from . import unsaved
from .contexts import current_context
from .forks import forget_sessions_after_fork
from .threads import take_turns

logger = logging.getLogger(__name__)

Sessions = scoped_session[Any]


class ContextSession(Session):
    """A session that can end, or be rolled back, on a connection that has died.

    If a connection is lost, the server rolls back on its own, so no error is raised:
    the response may be complete. Once its context has ended, a session raises an error
    instead of opening again.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self.lock = RLock()
        super().__init__(*args, close_resets_only=False, **options)

    def rollback(self) -> None:
        in_any_case(super().rollback)

    def close(self) -> None:
        in_any_case(super().reset)

    def invalidate(self) -> None:
        self._close_impl(invalidate=True, is_reset=True)

    def end(self) -> None:
        """Close the session for good, once no thread is using it."""
        with self.lock:
            try:
                unsaved.warn_if_forgotten(self)
            finally:
                in_any_case(self.close_for_good)

    def close_for_good(self) -> None:
        transaction = self.get_transaction()
        if transaction is not None:
            # Otherwise the pool would roll back what the session has rolled back.
            for connection, _, _, autoclose in set(transaction._connections.values()):
                if autoclose:
                    in_any_case(connection.close)

        super().close()


changes.watch(ContextSession)
take_turns(ContextSession)


def in_any_case(end: Callable[[], None]) -> None:
    """End a transaction, or do without its connection, which the pool then closes."""
    try:
        end()
    except DBAPIError:
        end()


def hold_weakly(sessions: Sessions) -> None:
    """Let a session go with its context, even if that is never popped."""
    registry: WeakKeyDictionary[AppContext, Session] = WeakKeyDictionary()
    sessions.registry.registry = registry
    forget_sessions_after_fork(registry)


def roll_back(sessions: Sessions) -> None:
    """Roll the session back, or do without it, so that handlers run in any case."""
    if not sessions.registry.has():
        return

    try:
        sessions.rollback()
    except Exception:
        logger.exception("The session could not be rolled back, and is given up")
        end(sessions, current_context())


def end(sessions: Sessions, context: AppContext) -> None:
    # Even if it cannot be closed, nobody is to find this session.
    session = sessions.registry.registry.pop(context, None)
    if session is not None:
        session.end()
