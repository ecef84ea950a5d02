"""The errors of PostgreSQL that are not the application's fault are known."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import OperationalError

from my_flask_app.database import db
from my_flask_app.database.failures import is_temporary
from my_flask_app.database.transactions import run_transaction

FAIL = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{}'; END $$"

CONFLICTS = ["40001", "40P01"]
BUSY = ["53100", "53200", "55P03"]
LOST = ["57P01", "57P02", "57P03", "57P05", "08000", "08006", "25006"]
INTEGRITY = ["23000", "23001", "23502", "23503", "23505", "23514", "23P01"]
DATA = ["22001", "22003", "22007", "22012", "22P02"]


@pytest.mark.parametrize("code", [*CONFLICTS, *BUSY, *LOST])
def test_what_may_work_later_is_503(app: Flask, code: str) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        db.session.execute(text(FAIL.format(code)))
        return ""

    assert app.test_client().get("/probe").status_code == 503


def test_a_connection_to_a_server_that_has_become_read_only_is_not_used_again(
    committing_app: Flask,
) -> None:
    app = committing_app

    @app.post("/write")
    def write() -> str:
        db.session.execute(text("UPDATE alembic_version SET version_num = version_num"))
        db.session.commit()
        return ""

    with app.app_context():
        connection = db.session.connection().connection
        cursor = connection.cursor()
        cursor.execute("SET default_transaction_read_only = on")
        cursor.close()
        connection.commit()

    client = app.test_client()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.post("/write").status_code == 503
    assert client.post("/write").status_code == 200


def test_a_write_in_a_transaction_that_is_to_read_is_500(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/write")
    def write() -> str:
        db.session.connection(execution_options={"postgresql_readonly": True})
        db.session.execute(text("UPDATE alembic_version SET version_num = version_num"))
        return ""

    assert app.test_client().post("/write").status_code == 500


def commit() -> None:
    db.session.commit()


def go_on() -> None:
    db.session.execute(text("SELECT 1"))


@pytest.mark.parametrize("follow", [commit, go_on])
@pytest.mark.parametrize(("code", "status"), [("55P03", 503), ("23505", 500)])
def test_what_follows_an_error_that_was_caught_is_answered_as_that(
    app: Flask, follow: Callable[[], None], code: str, status: int
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        with suppress(DBAPIError):
            db.session.execute(text(FAIL.format(code)))

        follow()
        return ""

    assert app.test_client().get("/probe").status_code == status


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (INTEGRITY, IntegrityError),
        (DATA, DataError),
        (CONFLICTS + BUSY + LOST, OperationalError),
    ],
)
def test_an_error_has_the_class_that_says_what_it_means(
    app: Flask, codes: list[str], expected: type[DBAPIError]
) -> None:
    for code in codes:
        with app.app_context(), pytest.raises(expected):
            db.session.execute(text(FAIL.format(code)))


def test_a_statement_that_took_too_long_would_take_as_long_again(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("SET LOCAL statement_timeout = 100"))
        with pytest.raises(OperationalError, match="statement timeout") as caught:
            db.session.execute(text("SELECT pg_sleep(9)"))

    assert not is_temporary(caught.value)


@pytest.mark.parametrize("code", CONFLICTS)
def test_a_transaction_that_conflicts_is_run_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    statements = [text(FAIL.format(code)), text("SELECT 7")]
    with app.app_context():
        assert run_transaction(lambda: db.session.scalar(statements.pop(0))) == 7


SLEEP = """
from sqlalchemy import text
from my_flask_app.app import create_app
from my_flask_app.database import db

with create_app({"SECRET_KEY": "test", "TESTING": True}).app_context():
    db.session.execute(text("SELECT pg_sleep(60), 'of a process'"))
"""

SLEEPING = """
SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%of a process%'
AND state = 'active' AND pid <> pg_backend_pid()
"""


def test_what_a_killed_process_has_asked_ends(
    app: Flask, migrated_database: str
) -> None:
    def wait_for(number: int) -> bool:
        for _ in range(100):
            with db.engine.connect() as connection:
                if connection.scalar(text(SLEEPING)) == number:
                    return True
            time.sleep(0.1)

        return False

    with app.app_context():
        with db.engine.connect() as connection:
            version = connection.scalar(text("SHOW server_version_num"))
        if int(version) < 140000 or os.name == "nt":
            pytest.skip("the server does not look whether a client is there")

        environment = os.environ | {"DATABASE_URL": migrated_database}
        process = subprocess.Popen([sys.executable, "-c", SLEEP], env=environment)
        try:
            assert wait_for(1)
        finally:
            process.kill()
            process.wait()

        assert wait_for(0)
