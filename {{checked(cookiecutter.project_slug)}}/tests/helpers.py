"""What several tests use."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import close_all_sessions
from sqlalchemy.pool import Pool
from sqlalchemy.pool import QueuePool
from workers import WORKER

from my_flask_app.database import db

# Statements that end no transaction.
HARMLESS = ("DELETE", "INSERT", "RELEASE", "ROLLBACK TO", "SAVE", "SELECT", "UPDATE")
SAVEPOINTS = ("RELEASE", "ROLLBACK TO", "SAVE")
WRITES = re.compile(
    r"\s*(WITH\b.*\b)?(ALTER|CALL|COPY|CREATE|DELETE|DROP|INSERT|MERGE|RENAME|REPLACE"
    r"|TRUNCATE|UPDATE)\b",
    re.IGNORECASE | re.DOTALL,
)
ENDED = """\
A statement has ended the transaction of the fixture app, so what this test has stored
was not undone. Databases such as MySQL commit before they create, alter or truncate a
table. Use the fixture committing_app. It may have been one of these statements: """
COMMITTED = """\
This test has committed without the session of the fixture app, as db.engine.begin()
does, so that was not undone. Use db.session, as in db.session.connection(), or the
fixture committing_app. These statements were committed: """
RAW = """\
This test has used db.engine.raw_connection(), and what that commits is not undone. Use
db.session.connection().connection, or the fixture committing_app."""


def config_for_tests(url: str) -> dict[str, object]:
    return {
        "SECRET_KEY": "test",
        "SQLALCHEMY_DATABASE_URI": url,
        "TESTING": True,
        "TRUSTED_HOSTS": None,
        # Or each test would have to fetch a form before it sends it.
        "WTF_CSRF_ENABLED": False,
    }


def connections_in_use(app: Flask) -> int:
    with app.app_context():
        pool = db.engine.pool

    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def end(session: pytest.Session, reason: str) -> NoReturn:
    """End the run, as no other test would pass."""
    if not WORKER:
        pytest.exit(reason, 1)

    # pytest-xdist takes an exit for a crash.
    session.shouldstop = reason
    pytest.fail(reason, pytrace=False)


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
    with nothing_committed(), engine.connect() as connection, rolled_back(connection):
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
            raise AssertionError(f"{ENDED}{statements}") from error
        finally:
            transaction.rollback()


@contextmanager
def nothing_committed() -> Iterator[None]:
    """Fail if any connection of this process commits what it has changed."""
    pending: dict[Connection, list[str]] = {}
    committed: list[str] = []

    def note(connection: Connection, _: Any, statement: str, *others: object) -> None:
        if WRITES.match(statement):
            options = connection.get_execution_options()
            commits = options.get("isolation_level") == "AUTOCOMMIT"
            noted = committed if commits else pending.setdefault(connection, [])
            noted.append(statement)

    def commit(connection: Connection) -> None:
        committed.extend(pending.pop(connection, []))

    def rollback(connection: Connection) -> None:
        pending.pop(connection, None)

    with (
        raw_connections() as raw,
        listening(Engine, "after_cursor_execute", note),
        listening(Engine, "commit", commit),
        listening(Engine, "rollback", rollback),
    ):
        yield

    if raw:
        raise AssertionError(RAW)
    if committed:
        raise AssertionError(f"{COMMITTED}{committed}")


@contextmanager
def raw_connections() -> Iterator[list[object]]:
    """Collect connections that were used without a ``Connection`` of SQLAlchemy."""
    used: list[object] = []

    def add(dbapi_connection: object, *others: object) -> None:
        used.append(dbapi_connection)

    def remove(connection: Connection) -> None:
        used.remove(connection.connection.dbapi_connection)

    with listening(Pool, "checkout", add), listening(Engine, "engine_connect", remove):
        yield used


@contextmanager
def at_most(number: int) -> Iterator[list[str]]:
    """Fail if a block and its requests execute more statements, and show them."""
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *others: object) -> None:
        # The fixture app adds savepoints.
        if not statement.upper().startswith(SAVEPOINTS):
            statements.append(statement)

    with listening(Engine, "before_cursor_execute", note):
        yield statements

    shown = "\n\n".join(statements)
    message = f"{len(statements)} statements, where {number} are allowed:\n\n{shown}"
    assert len(statements) <= number, message


@contextmanager
def listening(target: type, name: str, function: Any) -> Iterator[None]:
    """Call a function for an event of every engine, or of every pool."""
    event.listen(target, name, function)
    try:
        yield
    finally:
        event.remove(target, name, function)


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
