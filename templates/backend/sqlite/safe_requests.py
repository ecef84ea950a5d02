"""Requests that only read need not wait for their turn to write.

RFC 9110, section 9.2.1, calls the methods GET, HEAD, OPTIONS and TRACE safe: whoever
uses them asks for no change. The transactions of such a request only read. If it
writes all the same, and another transaction wrote since it first read, SQLite refuses
that. Then the request is answered again from its beginning, as one that writes.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask import g
from flask import has_app_context
from flask import has_request_context
from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from .database import Database

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


def init_app(app: Flask, db: Database) -> None:
    """Let the safe requests of ``app`` only read; likewise ``flask shell``."""
    with app.app_context():
        event.listen(db.engine, "engine_connect", announce)

    @app.shell_context_processor
    def read_while_a_person_thinks() -> dict[str, Any]:
        g.reads = True
        return {"db": db}

    # From Flask 3.2 on, these methods take the context as their first argument.
    preprocess: Callable[..., ResponseReturnValue | None] = app.preprocess_request
    dispatch: Callable[..., ResponseReturnValue] = app.dispatch_request
    handle: Callable[..., ResponseReturnValue] = app.handle_user_exception

    def handle_or_answer_again(*args: Any) -> ResponseReturnValue:
        *context, error = args
        if not (reads() and is_refused(error)):
            return handle(*args)

        db.session.rollback()
        g.reads = False
        try:
            answer = preprocess(*context)
            return dispatch(*context) if answer is None else answer
        except Exception as error:
            return handle(*context, error)

    app.handle_user_exception = handle_or_answer_again  # type: ignore[assignment]


def announce(connection: Connection) -> None:
    if has_app_context() and reads():
        connection.execution_options(sqlite_begin="DEFERRED")


def reads() -> bool:
    """Tell whether the current context is to do without a turn to write."""
    safe = has_request_context() and request.method in SAFE_METHODS
    return bool(g.get("reads", safe))


def is_refused(error: Exception) -> bool:
    return (
        isinstance(error, OperationalError)
        and isinstance(error.orig, sqlite3.OperationalError)
        and "locked" in str(error.orig)
    )
