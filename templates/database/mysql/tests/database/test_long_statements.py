"""A statement that is longer than the server accepts is an error of the application."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from my_flask_app.database import db
from my_flask_app.database import dialect
from my_flask_app.database.failures import is_temporary

LENGTH = text("SELECT LENGTH(:value)")


@pytest.fixture
def limit(app: Flask) -> Iterator[int]:
    with app.app_context():
        limit = int(db.session.scalar(text(dialect.LONGEST_STATEMENT)) or 0)
        db.session.rollback()
        if limit > 100_000_000:
            pytest.skip("the server accepts nearly everything")

        yield limit


@pytest.mark.parametrize("unit", ["x", "ж", b"x"])
def test_a_statement_that_is_too_long_is_500_and_named_in_the_log(
    app: Flask, limit: int, unit: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        db.session.execute(LENGTH, {"value": unit * limit})
        return ""

    client = app.test_client()
    assert client.get("/probe").status_code == 500
    (record,) = [it for it in caplog.records if it.name.endswith("packets")]
    assert f"the server accepts {limit}" in record.getMessage()
    assert dialect.LONGEST_STATEMENT in record.getMessage()


def test_a_statement_that_is_too_long_costs_no_other_connection(limit: int) -> None:
    with db.engine.connect():
        pass  # One that others would get.

    before = db.engine.pool.status()
    with pytest.raises(DBAPIError, match="the statement has about"):
        db.session.execute(LENGTH, {"value": "x" * limit})

    db.session.rollback()
    assert db.session.scalar(text("SELECT 1")) == 1
    db.session.rollback()
    assert db.engine.pool.status() == before


def test_a_long_statement_that_the_server_accepts_is_answered(limit: int) -> None:
    value = "x" * (limit - 1000)
    assert db.session.scalar(LENGTH, {"value": value}) == len(value)


def test_a_connection_that_ends_for_another_reason_is_still_temporary(
    limit: int,
) -> None:
    number = db.session.scalar(text("SELECT CONNECTION_ID()"))
    with db.engine.connect() as another:
        another.execute(text(f"KILL {number}"))

    with pytest.raises(DBAPIError) as caught:
        db.session.execute(LENGTH, {"value": "x"})

    assert is_temporary(caught.value)
