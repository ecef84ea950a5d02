"""Requests that only read need not wait for their turn to write.

RFC 9110, section 9.2.1, calls the methods GET, HEAD, OPTIONS and TRACE safe: whoever
uses them asks for no change. The transactions of such a request only read. If one
writes all the same, and another wrote since it first read, SQLite refuses that. Then
the request is answered once more from its beginning, as one that writes.
"""

import sqlite3
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import TYPE_CHECKING

from flask import Flask
from flask import g
from flask import has_app_context
from flask import has_request_context
from flask import request
from sqlalchemy import Connection
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from .database import Database

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIEnvironment

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
WRITES = "{{ cookiecutter.project_slug }}.writes"


class Refused(BaseException):
    """A safe request wrote too late; no error handler is to see it."""


def init_app(app: Flask, db: Database) -> None:
    """Let the safe requests of ``app`` only read; likewise ``flask shell``."""
    with app.app_context():
        event.listen(db.engine, "engine_connect", announce)

    @app.shell_context_processor
    def read_while_a_person_thinks() -> dict[str, Any]:
        g.reads = True
        return {"db": db}

    wsgi_app = app.wsgi_app

    def answer(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        try:
            return wsgi_app(environ, start_response)
        except Refused:
            environ[WRITES] = True
            return wsgi_app(environ, start_response)

    app.wsgi_app = answer  # type: ignore[method-assign]
    app.handle_user_exception = refuse(  # type: ignore[method-assign]
        app.handle_user_exception
    )
    app.handle_exception = refuse(app.handle_exception)  # type: ignore[method-assign]


def refuse(handle: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any) -> Any:
        # From Flask 3.2 on, the context comes before the error.
        if reads() and is_refused(args[-1]):
            raise Refused

        return handle(*args)

    return wrapper


def announce(connection: Connection) -> None:
    if reads():
        connection.execution_options(sqlite_begin="DEFERRED")


def reads() -> bool:
    """Tell whether the current context is to do without a turn to write."""
    if has_request_context():
        return request.method in SAFE_METHODS and WRITES not in request.environ

    return has_app_context() and bool(g.get("reads"))


def is_refused(error: Exception) -> bool:
    return (
        isinstance(error, OperationalError)
        and isinstance(error.orig, sqlite3.OperationalError)
        and "locked" in str(error.orig)
    )
