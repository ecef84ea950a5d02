"""Flask-Session, with its sessions in the database, in a session of their own."""

from datetime import datetime
from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from flask import Flask
from flask import session
from flask_session import Session
from flask_session.base import ServerSideSession
from flask_session.base import ServerSideSessionInterface
from shared import count
from sqlalchemy import delete
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db
from my_flask_app.database.unsaved import UncommittedChanges
from my_flask_app.times import utc_now


class StoredSession(Base):
    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    data: Mapped[bytes]
    expires: Mapped[datetime]


class StoredSessions(ServerSideSessionInterface):
    session_class = ServerSideSession
    ttl = True

    def _retrieve_session_data(self, store_id: str) -> Any:
        with current_app.app_context():
            stored = db.session.get(StoredSession, store_id)
            valid = stored is not None and stored.expires > utc_now()
            return self.serializer.decode(stored.data) if valid else None

    def _delete_session(self, store_id: str) -> None:
        with current_app.app_context():
            db.session.execute(delete(StoredSession).filter_by(id=store_id))
            db.session.commit()

    def _upsert_session(
        self, lifetime: timedelta, session: ServerSideSession, store_id: str
    ) -> None:
        data = self.serializer.encode(session)
        expires = utc_now() + lifetime
        with current_app.app_context():
            db.session.merge(StoredSession(id=store_id, data=data, expires=expires))
            db.session.commit()


class Visit(Base):
    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)


def test_a_session_is_stored(app: Flask) -> None:
    app.session_interface = StoredSessions(app)

    @app.post("/visit")
    def visit() -> str:
        session["visits"] = session.get("visits", 0) + 1
        db.session.add(Visit())
        db.session.commit()
        return str(session["visits"])

    @app.post("/leave")
    def leave() -> str:
        session.clear()
        return ""

    client = app.test_client()
    assert [client.post("/visit").text for _ in range(3)] == ["1", "2", "3"]
    assert count(app, Visit) == 3
    assert count(app, StoredSession) == 1
    client.post("/leave")
    assert client.post("/visit").text == "1"


def test_what_a_view_has_not_committed_is_not_stored(app: Flask) -> None:
    app.session_interface = StoredSessions(app)

    @app.post("/visit")
    def visit() -> str:
        session["visited"] = True
        db.session.add(Visit())
        return ""

    with pytest.warns(UncommittedChanges):
        app.test_client().post("/visit")

    assert count(app, Visit) == 0


def test_its_own_store_commits_what_a_view_has_not_or_refuses_db(app: Flask) -> None:
    app.config["SESSION_TYPE"] = "sqlalchemy"
    app.config["SESSION_SQLALCHEMY"] = db
    app.config["SESSION_SQLALCHEMY_TABLE"] = "other_sessions"
    if not hasattr(db, "Model"):
        with pytest.raises(RuntimeWarning, match="No valid SQLAlchemy instance"):
            Session(app)
        return

    Session(app)

    @app.post("/visit")
    def visit() -> str:
        session["visited"] = True
        db.session.add(Visit())
        return ""

    app.test_client().post("/visit")
    assert count(app, Visit) == 1
