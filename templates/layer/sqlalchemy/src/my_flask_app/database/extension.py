"""The engine and the sessions of Flask applications, with SQLAlchemy alone.

``db.session`` opens at its first use in an application context and ends with it; see
``sessions``. Tested in ``tests/database/test_sessions.py``, ``test_settings.py`` and
``test_refused_settings.py``.
"""

from typing import Any

from flask import current_app
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm import sessionmaker

from . import commands
from . import lifetimes
from . import sessions
from .connections import create_engine
from .contexts import current_context
from .urls import parse_url

# Settings of Flask-SQLAlchemy that must not be set, and why.
REFUSED = {
    "SQLALCHEMY_BINDS": "as sessions use one database",
    "SQLALCHEMY_RECORD_QUERIES": "as that is part of Flask-SQLAlchemy; listen to "
    "'after_cursor_execute' of db.engine",
    "SQLALCHEMY_TRACK_MODIFICATIONS": "as that is part of Flask-SQLAlchemy; listen to "
    "'after_flush' and 'after_commit' of db.session",
}


class Database:
    """The engine and the sessions of the applications that it was initialized on."""

    def __init__(self, base: type[DeclarativeBase]) -> None:
        self.base = base
        self.session = scoped_session(
            sessionmaker(class_=AppSession, db=self), scopefunc=current_context
        )
        sessions.hold_weakly(self.session)

    def init_app(self, app: Flask) -> None:
        """Create the engine of ``app``, and end sessions with its contexts.

        Reads ``SQLALCHEMY_DATABASE_URI``, a URL or its text, and, which may be left
        out, ``SQLALCHEMY_ENGINE_OPTIONS`` and ``SQLALCHEMY_ECHO``.

        :raises RuntimeError: if there is no URL, or ``app`` has a database already.
        :raises ValueError: if the URL cannot be used, or another setting is made that
            only Flask-SQLAlchemy has.
        """
        for name, reason in REFUSED.items():
            if app.config.get(name):
                raise ValueError(f"{name} must not be set, {reason}")

        if "database" in app.extensions:
            raise RuntimeError("this Flask app has been initialized with a database")
        if app.config.get("SQLALCHEMY_DATABASE_URI") is None:
            raise RuntimeError("SQLALCHEMY_DATABASE_URI is not set")

        # The URL shows no password where the configuration is shown.
        url = parse_url(app.config["SQLALCHEMY_DATABASE_URI"])
        app.config["SQLALCHEMY_DATABASE_URI"] = url
        echo = app.config.get("SQLALCHEMY_ECHO", False)
        options = {"echo": echo, **app.config.get("SQLALCHEMY_ENGINE_OPTIONS", {})}
        app.extensions["database"] = create_engine(url, **options)
        app.shell_context_processor(self.shell_context)
        lifetimes.init_app(app, self.session)
        commands.init_app(app)

    def shell_context(self) -> dict[str, Any]:
        """Return what ``flask shell`` offers: ``db`` and the models."""
        models = [mapper.class_ for mapper in self.base.registry.mappers]
        return {"db": self} | {model.__name__: model for model in models}

    @property
    def engine(self) -> Engine:
        """The engine of the current application.

        :raises RuntimeError: outside of an application context, or if the application
            has not been initialized.
        """
        engine: Engine | None = current_app.extensions.get("database")
        if engine is None:
            raise RuntimeError("this Flask app has no database; call db.init_app(app)")

        return engine


class AppSession(sessions.ContextSession):
    """A session that keeps to the engine of the application it was opened in."""

    def __init__(
        self,
        db: Database,
        bind: Engine | Connection | None = None,
        **options: Any,
    ) -> None:
        super().__init__(bind or db.engine, **options)
