"""The errors of MySQL and MariaDB that are not the application's fault are known."""

import time
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import OperationalError

from my_flask_app.database import db
from my_flask_app.database import driver
from my_flask_app.database.failures import is_temporary
from my_flask_app.database.transactions import run_transaction

FAIL = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {}"
PREVENTED = "{}, MESSAGE_TEXT = 'The server is running with the --{} option'"

CONFLICTS = [1020, 1213, 8002, 8022, 8028, 9007]
BUSY = [1021, 1041, 1205, 3572]
LOST = [1047, 1180, 1792, 1836, 1927, 4031, 9001, 9002, 9004]
ENDED = [1317, 1969, 3024]
INTEGRITY = [1022, 1169, 1364, 1557, 1586, 1761, 1762, 1859, 3819, 4025]
DATA = [1264, 1265, 1292, 1365, 1366, 1367, 1406, 1411, 1441, 1690, 3140]


@pytest.mark.parametrize("code", [*CONFLICTS, *BUSY, *LOST])
def test_what_may_work_later_is_503(app: Flask, code: int) -> None:
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
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor.close()
        connection.commit()

    client = app.test_client()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.post("/write").status_code == 503
    assert client.post("/write").status_code == 200


@pytest.mark.parametrize(
    ("option", "status"), [("read-only", 503), ("secure-file-priv", 500)]
)
def test_what_an_option_prevents_is_503_only_if_it_is_to_write(
    app: Flask, option: str, status: int
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        db.session.execute(text(FAIL.format(PREVENTED.format(1290, option))))
        return ""

    assert app.test_client().get("/probe").status_code == status


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (INTEGRITY, IntegrityError),
        (DATA, DataError),
        (CONFLICTS + BUSY + LOST + ENDED, OperationalError),
    ],
)
def test_an_error_has_the_class_that_says_what_it_means(
    app: Flask, codes: list[int], expected: type[DBAPIError]
) -> None:
    for code in codes:
        with app.app_context(), pytest.raises(expected, match=str(code)):
            db.session.execute(text(FAIL.format(code)))


@pytest.mark.parametrize("code", ENDED)
def test_a_statement_that_the_server_has_ended_would_end_again(
    app: Flask, code: int
) -> None:
    with app.app_context(), pytest.raises(OperationalError) as caught:
        db.session.execute(text(FAIL.format(code)))

    assert not is_temporary(caught.value)


def test_a_connection_on_which_a_statement_was_too_long_is_replaced(
    app: Flask,
) -> None:
    with app.app_context():
        before = db.session.scalar(text("SELECT CONNECTION_ID()"))
        with pytest.raises(OperationalError) as caught:
            db.session.execute(text(FAIL.format(1153)))

        assert not is_temporary(caught.value)
        db.session.rollback()
        assert db.session.scalar(text("SELECT CONNECTION_ID()")) != before


def test_a_connection_is_still_there_after_a_statement_that_took_too_long(
    app: Flask,
) -> None:
    with app.app_context():
        if not db.engine.dialect.is_mariadb:  # type: ignore[attr-defined]
            pytest.skip("MySQL's SLEEP() returns without an error")

        before = db.session.scalar(text("SELECT CONNECTION_ID()"))
        with pytest.raises(OperationalError):
            db.session.execute(
                text("SET STATEMENT max_statement_time = 0.1 FOR SELECT SLEEP(9)")
            )

        assert db.session.scalar(text("SELECT CONNECTION_ID()")) == before


@pytest.mark.filterwarnings("ignore")  # PyMySQL only has one for it.
def test_a_statement_that_comes_before_its_turn_is_not_503(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        connection: Any = db.session.connection().connection.driver_connection
        # They send it, and read nothing.
        send = getattr(connection, "cmd_query", None) or connection.query
        options = {"unbuffered": True} if driver.NAME == "pymysql" else {}
        send("SELECT 1", **options)
        return str(db.session.scalar(text("SELECT 7")))

    response = app.test_client().get("/probe")
    assert response.text == "7" or response.status_code == 500


@pytest.mark.parametrize("code", CONFLICTS)
def test_a_transaction_that_conflicts_is_run_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    statements = [text(FAIL.format(code)), text("SELECT 7")]
    with app.app_context():
        assert run_transaction(lambda: db.session.scalar(statements.pop(0))) == 7


@pytest.mark.parametrize("code", CONFLICTS)
def test_a_transaction_that_goes_on_after_a_conflict_is_run_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    statements = [text(FAIL.format(code)), text("SELECT 7")]

    def work() -> object:
        with suppress(DBAPIError):
            return db.session.scalar(statements.pop(0))

        return "swallowed"

    with app.app_context():
        assert run_transaction(work) == 7
