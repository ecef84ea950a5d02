"""Safe requests take no write lock.

RFC 9110, section 9.2.1, calls the methods GET, HEAD, OPTIONS and TRACE safe: a client
that uses them asks for no change. Their transactions begin with BEGIN DEFERRED. If one
writes after all and SQLite refuses that, because another transaction wrote since it
first read, the request is run again from its beginning, with BEGIN IMMEDIATE.
Tested in ``tests/database/test_connections.py``.
"""

import threading
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import TYPE_CHECKING

from flask import Flask
from flask import g
from flask import has_app_context
from flask import has_request_context
from flask import request
from flask.ctx import AppContext
from sqlalchemy import Connection
from sqlalchemy import event

from .contexts import initializing
from .extension import Database
from .failures import is_temporary

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
RETRIED = "my_flask_app.retried"


class RetryAsWriter(BaseException):
    """A safe request wrote too late; no error handler is to see it."""


class SafeRequestsDatabase(Database):
    """The database of applications whose safe requests only read."""

    def init_app(self, app: Flask) -> None:
        """Let the safe requests of ``app`` only read; likewise ``flask shell``."""
        super().init_app(app)
        with initializing(app):
            event.listen(self.engine, "engine_connect", begin_deferred)

        app.shell_context_processor(only_read)
        app.app_context = inherit(app.app_context)  # type: ignore[method-assign]
        app.wsgi_app = run_again_as_writer(  # type: ignore[assignment, method-assign]
            app.wsgi_app
        )
        app.handle_user_exception = raise_if_retryable(  # type: ignore[method-assign]
            app.handle_user_exception
        )
        app.handle_exception = raise_if_retryable(  # type: ignore[method-assign]
            app.handle_exception
        )


def only_read() -> dict[str, Any]:
    g.reads_in_thread = threading.get_ident()
    return {}


def inherit(app_context: Callable[[], AppContext]) -> Callable[[], AppContext]:
    """Let a context inside one that only reads do the same.

    From Flask 3.2 on, there is no request in it. A context may be handed to another
    thread, for which no request is run again.
    """

    def wrapper() -> AppContext:
        context = app_context()
        if is_read_only():
            context.g.reads_in_thread = threading.get_ident()

        return context

    return wrapper


def run_again_as_writer(wsgi_app: "WSGIApplication") -> "WSGIApplication":
    def wrapper(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        try:
            return wsgi_app(environ, start_response)
        except RetryAsWriter:
            environ[RETRIED] = True
            return wsgi_app(environ, start_response)

    return wrapper


def raise_if_retryable(handle: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any) -> Any:
        # From Flask 3.2 on, the context comes before the error.
        if is_read_only() and is_temporary(args[-1]):
            raise RetryAsWriter

        return handle(*args)

    return wrapper


def begin_deferred(connection: Connection) -> None:
    if is_read_only():
        connection.execution_options(sqlite_begin="DEFERRED")


def is_read_only() -> bool:
    """Tell whether the current context is to do without a turn to write."""
    if has_request_context():
        return request.method in SAFE_METHODS and RETRIED not in request.environ

    return has_app_context() and g.get("reads_in_thread") == threading.get_ident()
