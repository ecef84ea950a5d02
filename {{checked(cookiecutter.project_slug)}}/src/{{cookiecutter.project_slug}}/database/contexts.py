"""Which application context a session belongs to.

Contexts are kept in context variables, which threads and greenlets alike have of their
own, whether gevent has patched them or not.

Tested in ``tests/database/test_contexts.py``.
"""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from contextvars import Token
from typing import Any
from typing import cast
from typing import ParamSpec
from typing import TypeVar

from flask import appcontext_popped
from flask import Flask
from flask import has_app_context
from flask.ctx import AppContext
from flask.globals import _cv_app
from flask.globals import app_ctx
from werkzeug.local import LocalProxy

P = ParamSpec("P")
R = TypeVar("R")

# Flask takes this for "there is no context" when it pushes that of a request.
NO_CONTEXT: Any = None

# The tokens of contexts that requests still hide although they have been answered.
hidden: ContextVar[tuple["Token[AppContext]", ...]] = ContextVar("hidden", default=())


def current_context() -> AppContext:
    """Return the application context that owns the session in use.

    :raises RuntimeError: outside of an application context.
    """
    context = _cv_app.get(None)
    # The proxy raises Flask's own error, but is slow, and each request asks often.
    return context or cast("LocalProxy[AppContext]", app_ctx)._get_current_object()


@contextmanager
def initializing(app: Flask) -> Iterator[None]:
    """Push a context that calls no teardown functions when it ends."""
    functions = app.teardown_appcontext_funcs
    app.teardown_appcontext_funcs = []
    try:
        with app.app_context():
            yield
    finally:
        app.teardown_appcontext_funcs = functions


def init_app(app: Flask) -> None:
    """Give every request and command of ``app`` a context of its own.

    Up to Flask 3.1 a request takes over the one that is there, as where a test has
    pushed one; commands always do.
    """
    app.wsgi_app = hide_context(app.wsgi_app, app)  # type: ignore[method-assign]
    app.cli.main = push_context(  # type: ignore[assignment, method-assign]
        app.cli.main, app
    )


def hide_context(wsgi_app: Callable[P, R], app: Flask) -> Callable[P, R]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if _cv_app.get(None) is None:
            return wsgi_app(*args, **kwargs)

        # Only now, as a signal that somebody receives makes every request slower.
        appcontext_popped.connect(show_context, app)
        others = hidden.get()
        hidden.set(())
        token = _cv_app.set(NO_CONTEXT)
        try:
            return wsgi_app(*args, **kwargs)
        finally:
            hidden.set((*others, token))
            show_context()

    return wrapper


def show_context(*_: object) -> None:
    """Show what the last request hid, once there is no context of that any more.

    With Flask up to 3.1.1, and from 3.2 on, its stream keeps it beyond ``wsgi_app``.
    """
    tokens = hidden.get()
    if tokens and not has_app_context():
        _cv_app.reset(tokens[-1])
        hidden.set(tokens[:-1])


def push_context(command: Callable[P, R], app: Flask) -> Callable[P, R]:
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if not has_app_context():
            return command(*args, **kwargs)

        context = app.app_context()
        context.push()
        try:
            return command(*args, **kwargs)
        finally:
            # Click always exits, which is no error.
            context.pop(None)

    return wrapper
