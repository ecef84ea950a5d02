"""When a database session ends.

A session belongs to the application context in which it is first used: a request's,
a command's, or that of a ``with app.app_context()`` block. It ends with that context,
whatever happens in it. What was not committed is rolled back, and the connection goes
back to the pool.

Tested in ``tests/database/test_sessions.py``.
"""

from collections.abc import Callable
from typing import Any
from typing import ParamSpec
from typing import TypeVar

from flask import Flask
from flask.ctx import AppContext
from flask.globals import app_ctx
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm import Session

P = ParamSpec("P")
R = TypeVar("R")


def current_context() -> AppContext:
    """Return the application context that owns the session in use.

    Contexts are kept in context variables, which threads and greenlets alike have of
    their own, whether gevent has patched them or not.

    :raises RuntimeError: outside of an application context.
    """
    context: AppContext = app_ctx._get_current_object()  # type: ignore[attr-defined]
    return context


class ContextSession(Session):
    """A session that can end, or be rolled back, on a connection that has died.

    The server rolls back by itself what it cannot be asked to, so there is no error
    to report: the answer may be complete.
    """

    def rollback(self) -> None:
        forgive_dead_connection(super().rollback)

    def close(self) -> None:
        forgive_dead_connection(super().close)


def forgive_dead_connection(end: Callable[[], None]) -> None:
    try:
        end()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise

        end()


def init_app(app: Flask, session: scoped_session[Any]) -> None:
    """Roll the session back before an error is handled, and end it with its context.

    Flask calls the methods that are wrapped here in every case. It has no hook that
    runs before all error handlers, and up to Flask 3.1 a teardown function that
    raises an error prevents those that follow.
    """
    app.handle_user_exception = roll_back_before(  # type: ignore[method-assign]
        app.handle_user_exception, session
    )
    app.handle_exception = roll_back_before(  # type: ignore[method-assign]
        app.handle_exception, session
    )
    app.do_teardown_appcontext = end_session_after(  # type: ignore[method-assign]
        app.do_teardown_appcontext, session
    )


def roll_back_before(
    handle_error: Callable[P, R], session: scoped_session[Any]
) -> Callable[P, R]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if session.registry.has():
            session.rollback()

        return handle_error(*args, **kwargs)

    return wrapper


def end_session_after(
    tear_down: Callable[P, R], session: scoped_session[Any]
) -> Callable[P, R]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tear_down(*args, **kwargs)
        finally:
            end(session)

    return wrapper


def end(session: scoped_session[Any]) -> None:
    if not session.registry.has():
        return

    opened = session()
    # Even if closing fails, nobody is to find this session.
    session.registry.clear()
    opened.close()
