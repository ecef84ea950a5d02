"""The errors of MySQL and MariaDB that are not the application's fault are known."""

import time
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from my_flask_app.database import db
from my_flask_app.database import driver
from my_flask_app.database.transactions import run_transaction

FAIL = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {}"

CONFLICTS = [1020, 1213]
BUSY = [1021, 1041, 1205, 3572]


@pytest.mark.parametrize("code", [*CONFLICTS, *BUSY])
def test_what_may_work_later_is_503(app: Flask, code: int) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        db.session.execute(text(FAIL.format(code)))
        return ""

    assert app.test_client().get("/probe").status_code == 503


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
