"""Each request has an id, and a line in the log when its answer has been sent.

Tested in ``tests/ops/test_request_log.py``.
"""

import logging
import re
import sys
from collections.abc import Callable
from collections.abc import Iterable
from functools import partial
from secrets import token_hex
from time import perf_counter
from typing import Any
from urllib.parse import quote

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from .logs import current
from .logs import Request

HEADER = "X-Request-ID"

ACCEPTED = re.compile("[A-Za-z0-9._:/+=@-]{1,128}")

LINE = "%(method)s %(path)s %(status)s in %(duration_ms)s ms, %(queries)s queries in "
LINE += "%(database_ms)s ms"

logger = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    app.wsgi_app = logged(app.wsgi_app)  # type: ignore[method-assign]


def logged(wsgi_app: Callable[..., Iterable[bytes]]) -> Any:
    def wrapper(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request = Request(given if ACCEPTED.fullmatch(given) else token_hex(8))
        end = partial(finish, environ, request, perf_counter(), current.get())
        current.set(request)

        def start(status: str, headers: list[tuple[str, str]], *others: Any) -> Any:
            request.status = int(status[:3])
            return start_response(status, [*headers, (HEADER, request.id)], *others)

        try:
            response = wsgi_app(environ, start)
            return ending(response, environ.get("wsgi.file_wrapper"), end)
        except BaseException:
            end()
            raise

    return wrapper


def ending(response: Any, file: Any, end: Callable[[], None]) -> Iterable[bytes]:
    """Return a response that calls a function when it has been closed."""
    close = partial(both, getattr(response, "close", None), end)
    if type(response) is file:
        # It stays an object that the server can send without reading it.
        response.close = close
        return response  # type: ignore[no-any-return]

    # Nothing refers to itself: a stream that is forgotten ends at once.
    return ClosingIterator(iter(iter(response).__next__, None), close)


def both(close: Callable[[], None] | None, end: Callable[[], None]) -> None:
    try:
        if close:
            close()
    finally:
        end()


def finish(
    environ: dict[str, Any], request: Request, began: float, outer: Request | None
) -> None:
    line = {
        "method": environ["REQUEST_METHOD"],
        # Without the query, which may have secrets.
        "path": quote(environ.get("PATH_INFO", ""), encoding="latin-1"),
        "status": request.status,
        "duration_ms": round(1000 * (perf_counter() - began), 1),
        "queries": request.queries,
        "database_ms": round(1000 * request.seconds, 1),
    }
    if request.error:
        logger.warning(f"{LINE}: %(error)s", line | {"error": request.error})
    elif logger.isEnabledFor(logging.INFO):
        # info() would look for the line of code that has called it.
        told = (logger.name, logging.INFO, __file__, 0, LINE, (line,), None)
        logger.handle(logger.makeRecord(*told))

    request.ended = True
    error = sys.exc_info()[1]
    if error is None or isinstance(error, OSError):
        current.set(None if outer is None or outer.ended else outer)
