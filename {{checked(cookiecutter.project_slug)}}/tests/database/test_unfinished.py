"""What a migration that fails has done is known, if the database does not undo it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers import tables
from sqlalchemy import Connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import db
from my_flask_app.database import dialect
from my_flask_app.database.unfinished import failure_of
from my_flask_app.database.unfinished import Progress
from my_flask_app.database.unfinished import state_after


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "unfinished_test_entries"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    with tables(app, Base.metadata), app.app_context():
        with db.engine.connect() as connection:
            yield connection


@pytest.fixture
def progress(connection: Connection) -> Progress:
    return Progress(connection)


INSERT = "INSERT INTO unfinished_test_entries VALUES ({})"
ALTER = "ALTER TABLE unfinished_test_entries ADD it INTEGER"


def execute(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(text(statement))


def test_what_stays_is_what_the_database_does_not_undo(
    connection: Connection, progress: Progress
) -> None:
    select = "SELECT id FROM unfinished_test_entries"
    execute(
        connection, INSERT.format(1), ALTER, "DELETE  FROM\nunfinished_test_entries"
    )
    execute(connection, select)
    assert progress.stay == ([INSERT.format(1), ALTER] if dialect.COMMITS else [])
    connection.rollback()
    assert len(connection.execute(text(select)).all()) == bool(dialect.COMMITS)


def test_what_commits_by_itself_stays_on_every_database(
    connection: Connection, progress: Progress
) -> None:
    execute(connection, INSERT.format(1))
    connection.rollback()
    progress.forget()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    execute(connection, INSERT.format(2))
    assert progress.stay == [INSERT.format(2)]


def test_an_error_that_is_in_no_migration_has_no_way_to_go_on(
    connection: Connection, progress: Progress
) -> None:
    with pytest.raises(DBAPIError) as caught:
        execute(connection, "DELETE  FROM\nnowhere")

    first, statement, *_ = failure_of(caught.value)
    assert first == "the database has refused a statement:"
    assert statement == "  DELETE FROM nowhere"
    assert state_after(caught.value, progress) == []
