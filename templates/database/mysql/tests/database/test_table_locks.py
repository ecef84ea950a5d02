"""No request waits long for a lock on a table, which is not a lock on a row."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from helpers import tables
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.app import create_app
from my_flask_app.database import db


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "table_locks_test_entries"

    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def app(migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setenv("DATABASE_TIMEOUT", "1")
    app = create_app(config_for_tests(migrated_database))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with tables(app, Base.metadata):
        yield app

    dispose(app)


def test_a_request_that_waits_too_long_for_a_table_is_503(app: Flask) -> None:
    locked, answered = threading.Event(), threading.Event()

    def keep_table_locked() -> None:
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(text(f"LOCK TABLES {Entry.__tablename__} WRITE"))
            locked.set()
            answered.wait(10)
            connection.execute(text("UNLOCK TABLES"))

    @app.post("/entries")
    def add_entry() -> str:
        db.session.add(Entry())
        db.session.commit()
        return ""

    with ThreadPoolExecutor() as threads:
        threads.submit(keep_table_locked)
        assert locked.wait(10)
        response = app.test_client().post("/entries")
        answered.set()

    assert response.status_code == 503
    assert app.test_client().post("/entries").status_code == 200
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Entry)) == 1
