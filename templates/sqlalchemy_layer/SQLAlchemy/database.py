"""The database: ``db.session`` and ``db.engine`` of the current application.

``db.session`` opens at its first use in an application context and ends with it; see
``sessions``.
"""

from typing import Any

from flask import current_app
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm import sessionmaker

from . import sessions
from .connections import create_engine
from .models import Base

__all__ = ["Base", "db"]


class Database:
    """The engine and the sessions of the applications that it was initialized on."""

    def __init__(self) -> None:
        self.session = scoped_session(
            sessionmaker(class_=AppSession), scopefunc=sessions.current_context
        )

    def init_app(self, app: Flask) -> None:
        """Create the engine of ``app``, and end sessions with its contexts.

        Used are ``app.config["SQLALCHEMY_DATABASE_URI"]``, a URL as
        :func:`.connections.parse_url` returns it, and
        ``app.config["SQLALCHEMY_ENGINE_OPTIONS"]``, which may be left out.
        """
        url = app.config["SQLALCHEMY_DATABASE_URI"]
        options = app.config.get("SQLALCHEMY_ENGINE_OPTIONS", {})
        app.extensions["database"] = create_engine(url, **options)
        app.shell_context_processor(self.shell_context)
        sessions.init_app(app, self.session)

    def shell_context(self) -> dict[str, Any]:
        """Return what ``flask shell`` offers: ``db`` and the models."""
        models = [mapper.class_ for mapper in Base.registry.mappers]
        return {"db": self} | {model.__name__: model for model in models}

    @property
    def engine(self) -> Engine:
        """The engine of the current application.

        :raises RuntimeError: outside of an application context.
        """
        engine: Engine = current_app.extensions["database"]
        return engine


class AppSession(sessions.ContextSession):
    """A session that keeps to the engine of the application it was opened in."""

    def __init__(self, bind: Engine | Connection | None = None, **options: Any) -> None:
        super().__init__(bind or db.engine, **options)


db = Database()
