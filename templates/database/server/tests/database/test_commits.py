"""A transaction that the server has given up is not committed."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from flask import Flask
from helpers import tables
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import db
from my_flask_app.database import dialect
from my_flask_app.database import driver


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "commit_test_entries"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


@pytest.fixture(autouse=True)
def entries(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata):
        yield


def saved(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(Entry.id).order_by(Entry.id)))


def add(number: int) -> None:
    db.session.execute(insert(Entry).values(id=number))


def test_a_commit_stores_all_or_raises_an_error(app: Flask) -> None:
    with app.app_context():
        add(1)
        with pytest.raises(DBAPIError):
            add(1)

        try:
            db.session.commit()
            stored = [1]
        except (PendingRollbackError, DBAPIError):
            db.session.rollback()
            stored = []

    assert saved(app) == stored


def test_an_error_in_a_savepoint_does_not_prevent_the_commit(app: Flask) -> None:
    with app.app_context():
        add(1)
        with pytest.raises(DBAPIError), db.session.begin_nested():
            add(1)

        add(2)
        db.session.commit()

    assert saved(app) == [1, 2]


@pytest.fixture
def every_error_ends_the_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an error be like a deadlock in MySQL, which goes on without its changes."""
    monkeypatch.setattr(driver, "error_code", lambda error: "ended")
    monkeypatch.setattr(dialect, "ENDS_TRANSACTION", {"ended"})


def test_the_commit_of_a_transaction_that_has_ended_raises_the_error_that_ended_it(
    app: Flask, every_error_ends_the_transaction: None
) -> None:
    with app.app_context():
        add(1)
        with pytest.raises(DBAPIError) as ended:
            add(1)
        with pytest.raises(DBAPIError) as refused:
            db.session.commit()

        assert str(refused.value) == str(ended.value)
        db.session.rollback()
        add(2)
        db.session.commit()

    assert saved(app) == [2]


def test_a_session_goes_on_once_a_transaction_that_has_ended_was_rolled_back(
    app: Flask, every_error_ends_the_transaction: None
) -> None:
    with app.app_context():
        add(1)
        with pytest.raises(DBAPIError):
            add(1)

        db.session.rollback()
        add(2)
        db.session.commit()

    assert saved(app) == [2]


def test_a_commit_that_is_refused_leaves_nothing_to_the_next_request(
    app: Flask,
) -> None:
    with app.app_context():
        with suppress(DBAPIError):
            db.session.execute(text("SELECT nothing_of_that_name"))
        with suppress(PendingRollbackError):
            db.session.commit()

    with app.app_context():
        assert db.session.scalar(text("SELECT 1")) == 1
