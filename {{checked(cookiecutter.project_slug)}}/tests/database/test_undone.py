"""What requests of the fixture ``client`` store is gone after the test."""

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers import tables
from helpers import undone
from sqlalchemy import Column
from sqlalchemy import func
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import Table
from sqlalchemy import text

from my_flask_app.database import db

METADATA = MetaData()
NOTES = Table("client_test_notes", METADATA, Column("id", Integer, primary_key=True))
COUNT = select(func.count()).select_from(NOTES)


@pytest.fixture(autouse=True)
def notes(app: Flask) -> Iterator[None]:
    @app.post("/notes")
    def add() -> str:
        db.session.execute(NOTES.insert().values(id=1))
        db.session.commit()
        return str(db.session.scalar(COUNT))

    @app.post("/ended")
    def end() -> str:
        db.session.execute(text("COMMIT"))
        return "ended"

    with tables(app, METADATA):
        yield


def count(app: Flask) -> int | None:
    with app.app_context():
        return db.session.scalar(COUNT)


def test_what_a_request_commits_is_undone(app: Flask) -> None:
    with undone(app):
        assert app.test_client().post("/notes").text == "1"
        assert count(app) == 1

    assert count(app) == 0


def test_a_statement_that_ends_the_transaction_is_an_error_and_named(
    app: Flask,
) -> None:
    with pytest.raises(AssertionError, match=r"\['COMMIT'\]"), undone(app):
        client = app.test_client()
        client.post("/notes")
        client.post("/ended")

    assert count(app) == 1
