"""Safe requests take no write lock.

RFC 9110, section 9.2.1, calls the methods GET, HEAD, OPTIONS and TRACE safe: a client
that uses them asks for no change. Their transactions begin with BEGIN DEFERRED. If one
writes after all and SQLite refuses that, because another transaction wrote since it
first read, the request is run again from its beginning, and that transaction begins
with BEGIN IMMEDIATE. Nothing that has been committed is run again.

Tested in ``tests/database/test_safe_requests.py``.
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.wsgi import get_content_length

from . import backups
from .contexts import initializing
from .extension import Database
from .manners import only_read_here
from .manners import RunAgain
from .manners import using
from .runs import DelayedStart
from .runs import RequestManner
from .runs import Run
from .runs import SAFE_METHODS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

# A third run is the last: all of its transactions take their turn.
RUNS = 3
ALL = range(sys.maxsize)


class SafeRequestsDatabase(Database):
    """The database of applications whose safe requests only read."""

    def init_app(self, app: Flask) -> None:
        """Let the safe requests of ``app`` only read; likewise ``flask shell``."""
        super().init_app(app)
        with initializing(app):
            backups.init_app(app, self.engine)

        app.shell_context_processor(only_read_here)
        app.wsgi_app = run_in_manner(  # type: ignore[assignment, method-assign]
            app.wsgi_app
        )


def run_in_manner(wsgi_app: "WSGIApplication") -> "WSGIApplication":
    readers: dict[str, bool] = {}

    def wrapper(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if not may_run_again(environ):
            with using(RequestManner(environ), environ):
                return wsgi_app(environ, start_response)

        writers: list[int | None] = []
        # What is around the application may change it.
        original = dict(environ)
        while True:
            numbers = writers if len(writers) < RUNS - 1 else ALL
            this = Run(environ, numbers, readers)
            with using(this, environ):
                response = run(this, wsgi_app, environ, start_response)
            if response is not None:
                return response

            writers.append(this.refused)
            environ.clear()
            environ.update(original)

    return wrapper


def may_run_again(environ: "WSGIEnvironment") -> bool:
    """Tell whether a request is safe, and neither sends a body nor leaves HTTP."""
    has_body = bool(get_content_length(environ))
    is_chunked = "HTTP_TRANSFER_ENCODING" in environ
    others = has_body or is_chunked or "HTTP_UPGRADE" in environ
    return environ["REQUEST_METHOD"] in SAFE_METHODS and not others


def run(
    this: Run,
    wsgi_app: "WSGIApplication",
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
) -> Iterable[bytes] | None:
    """Return the response of a run, or nothing if the request is to run again."""
    start = DelayedStart(start_response)
    try:
        response = wsgi_app(environ, start)
    except BaseException as error:
        if this.refused is not None and is_of_refusal(error):
            return None
        raise

    if this.refused is None:
        this.note_answer()
        start.release()
        return response

    close = getattr(response, "close", None)
    if close:
        close()

    return None


def is_of_refusal(error: BaseException) -> bool:
    """Tell whether an error comes of :class:`RunAgain`, and is not somebody's exit.

    From Flask 3.2 on, those of teardown functions come as a group.
    """
    if together := getattr(error, "exceptions", ()):
        return all(map(is_of_refusal, together))

    return isinstance(error, (RunAgain, Exception))
