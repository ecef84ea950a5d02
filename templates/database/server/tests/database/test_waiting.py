"""No statement waits for a lock longer than the settings say."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from helpers import tables
from sqlalchemy import event
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.app import create_app
from my_flask_app.database import db
from my_flask_app.database import dialect
from my_flask_app.database import waiting

pytestmark = pytest.mark.skipif(not dialect.LIMIT_WAITING, reason="the server has none")


# Where a limit may be less than a second.
LIMIT = {"execution_options": {waiting.OPTION: 0.1}}
SOON = {"SQLALCHEMY_ENGINE_OPTIONS": LIMIT}


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "waiting_test_accounts"

    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def timeout() -> str:
    return "1"


@pytest.fixture
def options() -> dict[str, Any]:
    return {}


@pytest.fixture
def app(
    migrated_database: str,
    monkeypatch: pytest.MonkeyPatch,
    timeout: str,
    options: dict[str, Any],
) -> Iterator[Flask]:
    monkeypatch.setenv("DATABASE_TIMEOUT", timeout)
    app = create_app(config_for_tests(migrated_database) | options)
    with tables(app, Base.metadata):
        yield app

    dispose(app)


def lock_row() -> None:
    db.session.scalars(select(Account).with_for_update()).all()


def status_of_request_behind_lock(app: Flask) -> int:
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
        response = app.test_client().get("/probe")
        refused.set()

    return response.status_code


def test_a_request_that_waits_too_long_for_a_lock_is_503(app: Flask) -> None:
    assert status_of_request_behind_lock(app) == 503


@pytest.mark.parametrize("timeout", ["60"])
def test_a_lower_limit_of_the_server_stays(app: Flask) -> None:
    def limit(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(dialect.LIMIT_WAITING.format(seconds=1, milliseconds=100))
        cursor.close()
        connection.commit()

    with app.app_context():
        db.engine.dispose()
        event.listen(db.engine, "connect", limit, insert=True)

    assert status_of_request_behind_lock(app) == 503


@pytest.mark.parametrize("options", [SOON])
def test_a_migration_that_waits_for_a_lock_names_the_open_transactions(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = version_num"))
        result = app.test_cli_runner().invoke(args=["db", "stamp", "base"])

    assert result.exit_code == 1
    told = result.output + caplog.text
    assert "These transactions are open:\nconnection " in told
