"""When a database session ends: with its context, whatever happens in that.

Flask calls the methods that are wrapped here in every case, and extensions leave them
alone. Flask has no hook that runs before all error handlers, and up to 3.1 a teardown
function that raises an error prevents those that follow.

Tested in ``tests/database/test_sessions.py``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from typing import ParamSpec
from typing import TypeVar

from flask import Flask
from flask import Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException

from . import contexts
from . import streams
from . import unsaved
from .contexts import current_context
from .sessions import end
from .sessions import roll_back
from .sessions import Sessions

P = ParamSpec("P")
R = TypeVar("R")


def init_app(app: Flask, sessions: Sessions) -> None:
    """Roll the session back before an error is handled, and end it with its context."""
    contexts.init_app(app)
    wrappers: list[tuple[str, Callable[..., Any]]] = [
        ("preprocess_request", roll_back_after_error),
        ("dispatch_request", roll_back_after_error),
        ("process_response", roll_back_after_error),
        ("process_response", note_response),
        ("handle_exception", roll_back_before),
        ("do_teardown_request", give_up_stream_after_error),
        ("do_teardown_appcontext", give_up_stream_after_error),
        ("do_teardown_appcontext", end_after),
    ]
    for name, wrap in wrappers:
        setattr(app, name, wrap(getattr(app, name), sessions))


def roll_back_after_error(method: Callable[P, R], sessions: Sessions) -> Callable[P, R]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except Exception as error:
            if not is_answer(error):
                roll_back(sessions)
            raise

    return wrapper


def is_answer(error: Exception) -> bool:
    """Tell whether an error is a response, such as that of ``abort(redirect(...))``.

    Flask calls no error handler for it.
    """
    return isinstance(error, RoutingException) or (
        isinstance(error, HTTPException) and error.code is None
    )


def roll_back_before(method: Callable[P, R], sessions: Sessions) -> Callable[P, R]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        roll_back(sessions)
        return method(*args, **kwargs)

    return wrapper


def note_response(
    process_response: Callable[P, Response], sessions: Sessions
) -> Callable[P, Response]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = process_response(*args, **kwargs)
        context = current_context()
        session = sessions.registry.registry.get(context)
        if session is not None:
            unsaved.expect_of_request(session, response)
            end_session = partial(end, sessions, context)
            streams.keep(session, response, context, end_session)

        return response

    return wrapper


def give_up_stream_after_error(
    tear_down: Callable[P, R], sessions: Sessions
) -> Callable[P, R]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tear_down(*args, **kwargs)
        except BaseException:
            # The response is lost, so nobody begins its stream, or closes it.
            if sessions.registry.has():
                streams.give_up(sessions())
            raise

    return wrapper


def end_after(tear_down: Callable[P, R], sessions: Sessions) -> Callable[P, R]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tear_down(*args, **kwargs)
        finally:
            context = current_context()
            session = sessions.registry.registry.get(context)
            if session is not None:
                error = args[-1] if args else None
                unsaved.expect_of_command(session, error)
                if not streams.is_needed(session, error):
                    end(sessions, context)

    return wrapper
