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
        super().init_app(app)
        sessions.init_app(app, self.session)

    def _make_engine(
        self, bind_key: str | None, options: dict[str, Any], app: Flask
    ) -> Engine:
        return create_engine(**options)


class ContextSession(Session):
    """A session that keeps to the engine of the application it was opened in."""

    def __init__(
        self,
        db: SQLAlchemy,
        bind: Engine | Connection | None = None,
        **options: Any,
    ) -> None:
        # With several engines, Flask-SQLAlchemy chooses one for each statement.
        if bind is None and len(db.engines) == 1:
            bind = db.engine

        super().__init__(db, bind=bind, **options)

    def get_bind(
        self,
        mapper: Any | None = None,
        clause: Any | None = None,
        bind: Engine | Connection | None = None,
        **kwargs: Any,
    ) -> Engine | Connection:
        return super().get_bind(mapper, clause, bind or self.bind, **kwargs)


db = Database(
    model_class=Base,
    session_options={
        "class_": ContextSession,
        "scopefunc": sessions.current_context,
    },
)
