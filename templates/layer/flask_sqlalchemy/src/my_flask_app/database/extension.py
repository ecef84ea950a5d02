"""The Flask-SQLAlchemy extension, with engines and sessions that hold.

``db.session`` opens at its first use in an application context and ends with it; see
``sessions``. Tested in ``tests/database/test_sessions.py`` and ``test_settings.py``.
"""

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase

from . import commands
from . import connections
from . import contexts
from . import lifetimes
from . import sessions
from .contexts import current_context
from .urls import parse_url


class Database(SQLAlchemy):
    """Flask-SQLAlchemy for one database; see ``connections`` for its engines."""

    def __init__(self, base: type[DeclarativeBase]) -> None:
        options = {"class_": AppSession, "scopefunc": current_context}
        super().__init__(model_class=base, session_options=options)
        sessions.hold_weakly(self.session)

    def init_app(self, app: Flask) -> None:
        """Create the engine of ``app``, and end sessions with its contexts.

        Reads ``SQLALCHEMY_DATABASE_URI``, a URL or its text, and
        ``SQLALCHEMY_ENGINE_OPTIONS``, which may be left out.

        :raises RuntimeError: if there is no URL, or ``app`` has a database already.
        :raises ValueError: if the URL cannot be used, or if there are
            ``SQLALCHEMY_BINDS``. A session keeps to one engine, as it might otherwise
            use those of another application.
        """
        if app.config.get("SQLALCHEMY_BINDS"):
            raise ValueError(
                "SQLALCHEMY_BINDS must not be set, as sessions use one database"
            )

        complete(app.config)
        others = len(app.teardown_appcontext_funcs)
        super().init_app(app)
        # The extension would end a session before its stream begins.
        del app.teardown_appcontext_funcs[others:]
        with contexts.initializing(app):
            connections.protect(self.engine)

        lifetimes.init_app(app, self.session)
        commands.init_app(app)


def complete(config: dict[str, Any]) -> None:
    """Add the options of the engine, if there is a URL."""
    given = config.get("SQLALCHEMY_ENGINE_OPTIONS", {})
    text = config.get("SQLALCHEMY_DATABASE_URI") or given.get("url")
    if text:
        url = parse_url(text)
        config["SQLALCHEMY_DATABASE_URI"] = url
        config["SQLALCHEMY_ENGINE_OPTIONS"] = connections.engine_options(url, given)


class AppSession(sessions.ContextSession, Session):
    """A session that keeps to the engine of the application it was opened in."""

    def __init__(
        self,
        db: SQLAlchemy,
        bind: Engine | Connection | None = None,
        **options: Any,
    ) -> None:
        super().__init__(db=db, bind=bind or db.engine, **options)

    def get_bind(
        self,
        mapper: Any | None = None,
        clause: Any | None = None,
        bind: Engine | Connection | None = None,
        **kwargs: Any,
    ) -> Engine | Connection:
        # As SQLAlchemy does; Flask-SQLAlchemy takes the engine of the current context.
        return super(Session, self).get_bind(mapper, clause=clause, bind=bind, **kwargs)
