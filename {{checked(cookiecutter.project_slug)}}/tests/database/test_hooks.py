"""Functions are called after a commit, once, and only then."""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers import tables
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import db
from my_flask_app.database.hooks import after_commit
from my_flask_app.database.unsaved import UncommittedChanges


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "hook_test_orders"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


@pytest.fixture(autouse=True)
def orders(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata):
        yield


@pytest.fixture
def sent() -> list[str]:
    return []


def count() -> int | None:
    return db.session.scalar(select(func.count()).select_from(Order))


def test_functions_are_called_in_turn_after_the_commit(
    app: Flask, sent: list[str]
) -> None:
    with app.app_context():
        after_commit(sent.append, "first")
        db.session.add(Order(id=1))
        after_commit(lambda text: sent.append(text), text="second")
        assert sent == []
        db.session.commit()
        assert sent == ["first", "second"]
        db.session.begin().rollback()
        db.session.commit()

    assert sent == ["first", "second"]


def test_a_function_is_called_at_the_end_of_a_block(
    app: Flask, sent: list[str]
) -> None:
    def send() -> None:
        sent.append(f"{count()} order")

    with app.app_context(), db.session.begin():
        db.session.add(Order(id=1))
        after_commit(send)

    assert sent == ["1 order"]


def commit(send: Callable[[], None]) -> None:
    after_commit(send)
    db.session.commit()


def commit_a_block(send: Callable[[], None]) -> None:
    with db.session.begin():
        after_commit(send)


@pytest.mark.parametrize("end", [commit, commit_a_block])
def test_a_function_may_wait_for_threads_that_use_the_session(
    app: Flask, sent: list[str], end: Callable[[Callable[[], None]], None]
) -> None:
    def send() -> None:
        thread = Thread(target=copy_context().run, args=[count], daemon=True)
        thread.start()
        thread.join(timeout=5)
        sent.append("late" if thread.is_alive() else "mail")

    with app.app_context():
        end(send)

    assert sent == ["mail"]


def test_a_transaction_may_follow_a_function_that_has_read(app: Flask) -> None:
    with app.app_context():
        for number in (1, 2):
            with db.session.begin():
                db.session.add(Order(id=number))
                after_commit(count)

        assert count() == 2


@pytest.mark.parametrize("end", ["rollback", "close", "remove"])
def test_no_function_is_called_after_a_rollback(
    app: Flask, sent: list[str], end: str
) -> None:
    with app.app_context():
        after_commit(sent.append, "mail")
        getattr(db.session, end)()
        db.session.add(Order(id=1))
        db.session.commit()

    assert sent == []


def test_no_function_is_called_if_the_commit_fails(app: Flask, sent: list[str]) -> None:
    with app.app_context():
        db.session.add(Order(id=1))
        db.session.commit()
        db.session.expunge_all()
        after_commit(sent.append, "mail")
        db.session.add(Order(id=1))
        with pytest.raises(IntegrityError):
            db.session.commit()
        db.session.rollback()
        db.session.commit()

    assert sent == []


def send_in_savepoint(sent: list[str]) -> None:
    with db.session.begin_nested():
        after_commit(sent.append, "mail")


def send_in_inner_savepoint(sent: list[str]) -> None:
    with db.session.begin_nested():
        send_in_savepoint(sent)


def send_and_leave_open(sent: list[str]) -> None:
    db.session.begin_nested()
    db.session.begin_nested()
    after_commit(sent.append, "mail")


@pytest.mark.parametrize(
    "send", [send_in_savepoint, send_in_inner_savepoint, send_and_leave_open]
)
def test_a_function_of_a_savepoint_is_called_after_the_outermost_commit(
    app: Flask, sent: list[str], send: Callable[[list[str]], None]
) -> None:
    with app.app_context():
        send(sent)
        assert sent == []
        db.session.commit()

    assert sent == ["mail"]


def fail_after_sending(sent: list[str]) -> None:
    with db.session.begin_nested():
        after_commit(sent.append, "mail")
        raise ZeroDivisionError


def fail_around_a_savepoint(sent: list[str]) -> None:
    with db.session.begin_nested():
        send_in_savepoint(sent)
        raise ZeroDivisionError


def fail_while_writing(sent: list[str]) -> None:
    with db.session.begin_nested():
        after_commit(sent.append, "mail")
        db.session.add_all([Order(id=3), Order(id=3)])


@pytest.mark.filterwarnings("ignore:New instance")
@pytest.mark.parametrize(
    "fail", [fail_after_sending, fail_around_a_savepoint, fail_while_writing]
)
def test_no_function_of_a_savepoint_that_was_rolled_back_is_called(
    app: Flask, sent: list[str], fail: Callable[[list[str]], None]
) -> None:
    with app.app_context():
        after_commit(sent.append, "outer")
        with suppress(ZeroDivisionError, IntegrityError):
            fail(sent)
        db.session.commit()

    assert sent == ["outer"]


def test_a_function_may_use_the_session(app: Flask, sent: list[str]) -> None:
    def work() -> None:
        sent.append(f"{count()} stored")
        db.session.add(Order(id=2))
        after_commit(sent.append, "another")
        db.session.commit()

    with app.app_context():
        db.session.add(Order(id=1))
        after_commit(work)
        db.session.commit()
        assert count() == 2

    assert sent == ["1 stored", "another"]


def test_an_error_of_a_function_is_logged_and_keeps_nothing_from_going_on(
    app: Flask, sent: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        db.session.add(Order(id=2))
        db.session.flush()
        raise LookupError

    with app.app_context():
        db.session.add(Order(id=1))
        after_commit(fail)
        after_commit(sent.append, "mail")
        db.session.commit()
        assert count() == 1

    assert sent == ["mail"]
    assert "LookupError" in caplog.text


def test_a_request_of_a_test_calls_functions_too(
    app: Flask, client: FlaskClient, sent: list[str]
) -> None:
    @app.post("/order")
    def order() -> str:
        db.session.add(Order(id=1))
        with db.session.begin_nested():
            after_commit(sent.append, "mail")
        assert sent == []
        db.session.commit()
        return str(count())

    assert client.post("/order").text == "1"
    assert sent == ["mail"]


def test_a_function_for_which_no_commit_came_is_noticed(app: Flask) -> None:
    @app.post("/order")
    def order() -> str:
        db.session.commit()
        after_commit(print, "mail")
        return ""

    with pytest.warns(UncommittedChanges, match="POST order"):
        app.test_client().post("/order")
