"""Each request has a line in the log, and an id, which all of its lines have.

The line is written when the answer has been sent. Tested in
``tests/ops/test_request_log.py``.
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

# The ids of clients that are taken over.
ACCEPTED = re.compile("[A-Za-z0-9._:/+=@-]{1,128}")

LINE = (
    "%(method)s %(path)s %(status)s in %(duration_ms)s ms,"
    " %(queries)s queries in %(database_ms)s ms"
)

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
            return ending(wsgi_app(environ, start), end)
        except BaseException:
            end()
            raise

    return wrapper


def ending(response: Any, end: Callable[[], None]) -> Iterable[bytes]:
    """Return a response that calls a function when it has been closed."""
    try:
        # A file stays an object that the server can send without reading it.
        response.close = partial(both, response.close, end)
    except AttributeError:
        response = ClosingIterator(response, end)

    return response  # type: ignore[no-any-return]


def both(close: Callable[[], None], end: Callable[[], None]) -> None:
    try:
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
    else:
        logger.info(LINE, line)

    request.ended = True
    error = sys.exc_info()[1]
    if error is None or isinstance(error, OSError):
        current.set(None if outer is None or outer.ended else outer)
