"""No statement waits for a lock longer than the settings say."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from helpers import tables
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.app import create_app
from my_flask_app.database import db
from my_flask_app.database import dialect

pytestmark = pytest.mark.skipif(not dialect.LIMIT_WAITING, reason="the server has none")


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "waiting_test_accounts"

    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def app(migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setenv("DATABASE_TIMEOUT", "1")
    app = create_app(config_for_tests(migrated_database))
    with tables(app, Base.metadata):
        yield app

    dispose(app)


def lock_row() -> None:
    db.session.scalars(select(Account).with_for_update()).all()


def test_a_request_that_waits_too_long_for_a_lock_is_503(app: Flask) -> None:
    app.testing = False
    locked, refused = threading.Event(), threading.Event()

    def keep_row_locked() -> None:
        with app.app_context():
            lock_row()
            locked.set()
            refused.wait(5)

    @app.get("/probe")
    def probe() -> str:
        lock_row()
        return ""

    with app.app_context():
        db.session.add(Account(id=1))
        db.session.commit()

    with ThreadPoolExecutor() as threads:
        threads.submit(keep_row_locked)
        assert locked.wait(10)
        assert app.test_client().get("/probe").status_code == 503
        refused.set()


def test_a_migration_that_waits_for_a_lock_names_the_open_transactions(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = version_num"))
        result = app.test_cli_runner().invoke(args=["db", "stamp", "base"])

    assert result.exit_code == 1
    told = result.output + caplog.text
    assert "These transactions are open:\nconnection " in told
