"""What a test does with the fixture ``app`` is undone, or it fails."""

from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest
from flask import Flask
from helpers import at_most
from helpers import tables
from helpers import undone
from sqlalchemy import Column
from sqlalchemy import func
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import Table
from sqlalchemy import text
from sqlalchemy.orm import Session

from my_flask_app.database import db
from my_flask_app.database.connections import create_engine

METADATA = MetaData()
NOTES = Table("undone_test_notes", METADATA, Column("id", Integer, primary_key=True))
COUNT = select(func.count()).select_from(NOTES)
ADD = NOTES.insert().values(id=1)

# Seconds that count where writers take turns.
LONG = "my_flask_app.database.writers.LONG"
INTERVAL = "my_flask_app.database.write_lock.INTERVAL"

Add = Callable[[Flask], None]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let others write soon while a test only reads, where they take turns."""
    if find_spec("my_flask_app.database.write_lock"):
        monkeypatch.setattr(LONG, 0.02)
        monkeypatch.setattr(INTERVAL, 0.01)


@pytest.fixture(autouse=True)
def notes(app: Flask) -> Iterator[None]:
    @app.post("/notes")
    def add() -> str:
        db.session.execute(ADD)
        db.session.commit()
        return str(db.session.scalar(COUNT))

    app.cli.command("add-note")(add)

    @app.post("/ended")
    def end() -> str:
        db.session.execute(text("COMMIT"))
        return "ended"

    with tables(app, METADATA):
        yield


def count(app: Flask) -> int | None:
    with app.app_context():
        return db.session.scalar(COUNT)


def add_in_a_request(app: Flask) -> None:
    app.test_client().post("/notes")


def add_in_a_command(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["add-note"])
    assert result.exit_code == 0, result.output


def add_in_a_context(app: Flask) -> None:
    with app.app_context():
        db.session.execute(ADD)
        db.session.commit()


def add_in_a_thread(app: Flask) -> None:
    with ThreadPoolExecutor() as threads:
        threads.submit(add_in_a_context, app).result()


@pytest.mark.parametrize(
    "add", [add_in_a_request, add_in_a_command, add_in_a_context, add_in_a_thread]
)
def test_what_a_session_commits_is_seen_and_undone(app: Flask, add: Add) -> None:
    with undone(app):
        add(app)
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


def add_over_the_engine(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(ADD)


def add_without_a_transaction(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(ADD)


def add_over_another_engine(app: Flask) -> None:
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with Session(engine) as session, session.begin():
        session.execute(ADD)

    engine.dispose()


def add_over_the_engine_in_a_thread(app: Flask) -> None:
    with ThreadPoolExecutor() as threads:
        threads.submit(add_over_the_engine, app).result()


@pytest.mark.parametrize(
    "add",
    [
        add_over_the_engine,
        add_without_a_transaction,
        add_over_another_engine,
        add_over_the_engine_in_a_thread,
    ],
)
def test_what_is_committed_without_the_session_is_an_error_and_named(
    app: Flask, add: Add
) -> None:
    with pytest.raises(AssertionError, match="INSERT INTO undone_test_notes"):
        with undone(app):
            add(app)

    assert count(app) == 1


def test_a_connection_whose_statements_cannot_be_seen_is_an_error(app: Flask) -> None:
    with pytest.raises(AssertionError, match=r"db\.engine\.raw_connection\(\)"):
        with undone(app), app.app_context():
            db.engine.raw_connection().close()


def test_what_is_read_or_rolled_back_without_the_session_is_no_error(
    app: Flask,
) -> None:
    with undone(app), app.app_context(), db.engine.connect() as connection:
        connection.execute(ADD)
        connection.rollback()
        connection.execute(COUNT)
        connection.commit()


def test_statements_are_counted_and_shown(app: Flask) -> None:
    with undone(app), app.app_context():
        with at_most(2):
            add_in_a_request(app)

        with pytest.raises(AssertionError, match="1 statements, where 0 are allowed"):
            with at_most(0):
                db.session.scalar(COUNT)

        with pytest.raises(AssertionError, match=r"SELECT count[^$]+\n\nSELECT 1"):
            with at_most(1):
                db.session.scalar(COUNT)
                db.session.execute(text("SELECT 1"))
