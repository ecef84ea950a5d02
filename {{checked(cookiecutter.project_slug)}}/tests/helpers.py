"""What several tests use."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import Connection
from sqlalchemy import event
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import close_all_sessions
from sqlalchemy.pool import QueuePool

from my_flask_app.database import db

# Statements that end no transaction.
HARMLESS = ("DELETE", "INSERT", "RELEASE", "ROLLBACK TO", "SAVE", "SELECT", "UPDATE")
NOT_UNDONE = """\
A statement has ended the transaction of the fixture client, so what this test has
stored may still be there. Databases such as MySQL commit before they create, alter or
truncate a table. Use app.test_client() for such requests, and delete what they store.
It may have been one of these statements: """


def config_for_tests(url: str) -> dict[str, object]:
    return {"SECRET_KEY": "test", "SQLALCHEMY_DATABASE_URI": url, "TESTING": True}


def connections_in_use(app: Flask) -> int:
    with app.app_context():
        pool = db.engine.pool

    assert isinstance(pool, QueuePool)
    return pool.checkedout()


@contextmanager
def tables(app: Flask, metadata: MetaData) -> Iterator[None]:
    """Have tables in the database, which are empty at first, and drop them at last."""
    with app.app_context():
        engine = db.engine

    metadata.drop_all(engine)
    metadata.create_all(engine)
    yield
    close_all_sessions()  # Or one that a test left open would wait forever.
    metadata.drop_all(engine)


@contextmanager
def undone(app: Flask) -> Iterator[None]:
    """Let all sessions join one transaction, and roll that back at last."""
    with app.app_context():
        engine = db.engine

    sessions = db.session.session_factory
    with engine.connect() as connection, rolled_back(connection):
        sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
        try:
            yield
        finally:
            mode = "conditional_savepoint"
            sessions.configure(bind=None, join_transaction_mode=mode)


@contextmanager
def rolled_back(connection: Connection) -> Iterator[None]:
    statements: list[str] = []

    @event.listens_for(connection, "before_cursor_execute")
    def note(_: object, __: object, statement: str, *others: object) -> None:
        if not statement.lstrip().upper().startswith(HARMLESS):
            statements.append(statement)

    with connection.begin() as transaction:
        savepoint = connection.begin_nested()
        yield
        try:
            savepoint.rollback()
        except DBAPIError as error:
            raise AssertionError(f"{NOT_UNDONE}{statements}") from error
        finally:
            transaction.rollback()


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
