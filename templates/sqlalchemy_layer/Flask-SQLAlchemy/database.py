"""The database: ``db`` is the Flask-SQLAlchemy extension.

``db.session`` opens at its first use in an application context and ends with it; see
``sessions``.
"""

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import Connection
from sqlalchemy import Engine

from . import sessions
from .connections import create_engine
from .models import Base

__all__ = ["Base", "db"]


class Database(SQLAlchemy):
    """Flask-SQLAlchemy with engines and sessions that hold; see ``connections``."""

    def init_app(self, app: Flask) -> None:
        """Create the engine of ``app``, and end sessions with its contexts.

        :raises ValueError: if there are ``SQLALCHEMY_BINDS``. A session keeps to one
            engine, as it might otherwise use those of another application.
        """
        if app.config.get("SQLALCHEMY_BINDS"):
            raise ValueError("SQLALCHEMY_BINDS is set; accepted is one database")

        super().init_app(app)
        sessions.init_app(app, self.session)

    def _make_engine(
        self, bind_key: str | None, options: dict[str, Any], app: Flask
    ) -> Engine:
        return create_engine(**options)


class AppSession(sessions.ContextSession, Session):
    """A session that keeps to the engine of the application it was opened in."""

    def __init__(
        self,
        db: SQLAlchemy,
        bind: Engine | Connection | None = None,
        **options: Any,
    ) -> None:
        super().__init__(db=db, **options)
        self.bind: Engine | Connection = bind or db.engine

    def get_bind(
        self,
        mapper: Any | None = None,
        clause: Any | None = None,
        bind: Engine | Connection | None = None,
        **kwargs: Any,
    ) -> Engine | Connection:
        return bind or self.bind


db = Database(
    model_class=Base,
    session_options={"class_": AppSession, "scopefunc": sessions.current_context},
)
