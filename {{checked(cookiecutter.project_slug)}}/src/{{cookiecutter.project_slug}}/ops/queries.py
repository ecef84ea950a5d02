"""What a request has to do with the database, for its line in the log.

Tested in ``tests/ops/test_request_log.py``.
"""

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from ..database.failures import is_temporary
from .logs import current
from .logs import summary

# Methods of a dialect that wait for the database, and how many queries each is.
WAITING = {
    "connect": 0,
    "do_commit": 0,
    "do_execute": 1,
    "do_execute_no_params": 1,
    "do_executemany": 1,
    "do_rollback": 0,
}


def init_app(app: Flask, engine: Engine) -> None:
    app.log_exception = noted(app.log_exception)  # type: ignore[method-assign]
    for name, queries in WAITING.items():
        method = getattr(engine.dialect, name)
        setattr(engine.dialect, name, timed(method, queries))


def timed(method: Callable[..., Any], queries: int) -> Callable[..., Any]:
    """Add what a method does to the request that it is done for."""

    def wrapper(*args: Any, **options: Any) -> Any:
        began = perf_counter()
        try:
            return method(*args, **options)
        finally:
            if request := current.get():
                request.queries += queries
                request.seconds += perf_counter() - began

    return wrapper


def noted(log_exception: Callable[..., None]) -> Callable[..., None]:
    """Leave what is temporary, as when the database is down, to the request's line."""

    def wrapper(*args: Any) -> None:
        request, error = current.get(), sys.exc_info()[1]
        if request and error and is_temporary(error):
            request.error = summary(error)
        else:
            log_exception(*args)

    return wrapper
