"""Whether the process lives (``/healthz``), and can answer requests (``/readyz``).

They are answered before the application sees them, so neither its hosts nor its
permissions matter. Tested in ``tests/ops/test_health.py``.
"""

import signal
from collections.abc import Callable
from collections.abc import Iterable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Lock
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy import text
from werkzeug.wrappers import Response

from .logs import current
from .logs import summary
from .versions import Versions

# How many seconds the database may take.
TIMEOUT = 2.0

VERSIONS = text("SELECT version_num FROM alembic_version")


def init_app(app: Flask, engine: Engine) -> None:
    answer = answering(app.wsgi_app, Readiness(engine))
    app.wsgi_app = answer  # type: ignore[method-assign]


def answering(wsgi_app: Callable[..., Iterable[bytes]], ready: "Readiness") -> Any:
    def wrapper(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path not in ("/healthz", "/readyz"):
            return wsgi_app(environ, start_response)

        problem = ready.problem() if path == "/readyz" else ""
        response = Response(f"{problem or 'ok'}\n", 503 if problem else 200)
        response.cache_control.no_store = True
        return response(environ, start_response)

    return wrapper


class Readiness:
    """Asks the database, over one connection, however many want to know."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.versions = Versions()
        self.lock = Lock()
        self.asked: Future[set[str]] | None = None

    def problem(self) -> str:
        """Return why requests should go elsewhere, if they should."""
        if is_stopping():
            return "this process is about to stop"

        try:
            versions = self.ask().result(TIMEOUT)
        except Exception as error:
            if request := current.get():
                request.error = summary(error)
            return "the database cannot be asked"

        behind = self.versions.are_missing_in(versions)
        return "the database lacks migrations" if behind else ""

    def ask(self) -> "Future[set[str]]":
        """Ask in a thread, as nothing else limits how long a database takes."""
        with self.lock:
            if self.asked is None or self.asked.done():
                asked: Future[set[str]] = Future()
                run = copy_context().run
                Thread(target=run, args=(self.read, asked), daemon=True).start()
                self.asked = asked

            return self.asked

    def read(self, future: "Future[set[str]]") -> None:
        try:
            connection = self.engine.connect()
            # With SQLite, it must not wait for its turn to write.
            with connection.execution_options(sqlite_begin="DEFERRED"):
                versions = set(connection.scalars(VERSIONS))
        except BaseException as error:
            future.set_exception(error)
        else:  # The pool has the connection again.
            future.set_result(versions)


def is_stopping() -> bool:
    """Tell whether this is a worker of Gunicorn that takes no more requests."""
    worker = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return not getattr(worker, "alive", True)
