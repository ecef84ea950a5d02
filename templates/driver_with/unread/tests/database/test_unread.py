"""Rows that are still at the server get in nobody's way, and none goes missing."""

import contextvars
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait
from typing import Any

import pytest
from flask import Flask
from flask import Response
from flask import stream_with_context
from helpers import connections_in_use
from helpers import tables
from sqlalchemy import Engine
from sqlalchemy import ForeignKey
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import literal
from sqlalchemy import Result
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import relationship
from sqlalchemy.orm import selectinload

from my_flask_app.database import db

CONNECTION_ID = text("{{ database().dialect.sql.connection_id }}")
NUMBERS = union_all(*(select(literal(number).label("n")) for number in range(20)))
ROW_BY_ROW = {"yield_per": 2}

# The third row is an error.
BROKEN = text(
    "SELECT n, (SELECT 1 FROM (SELECT 1 AS m UNION ALL SELECT 2) AS two WHERE m < n)"
    " FROM (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) AS three"
)


class Base(DeclarativeBase):
    """The tables of these tests, which the application does not have."""


class Parent(Base):
    __tablename__ = "unread_parents"
    id: Mapped[int] = mapped_column(primary_key=True)
    is_changed: Mapped[bool] = mapped_column(default=False)
    children: Mapped[list["Child"]] = relationship()


class Child(Base):
    __tablename__ = "unread_children"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey(Parent.id))


@pytest.fixture
def families(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata), app.app_context():
        db.session.add_all(Parent(children=[Child()]) for _ in range(20))
        db.session.commit()
        yield


def numbers() -> Result[Any]:
    return db.session.execute(NUMBERS, execution_options=ROW_BY_ROW)


def connection_id() -> object:
    return db.session.scalar(CONNECTION_ID)


def ask_again() -> None:
    assert len(numbers().all()) == 20


def savepoint() -> None:
    with db.session.begin_nested():
        assert connection_id()


@pytest.mark.parametrize(
    "use", [connection_id, ask_again, savepoint, db.session.commit]
)
def test_no_row_is_missing_where_something_else_uses_the_connection(
    app: Flask, use: Callable[[], object]
) -> None:
    with app.app_context():
        read = []
        for number in numbers().scalars():
            read.append(number)
            use()

    assert read == list(range(20))


def test_results_that_are_read_at_the_same_time_miss_no_row(app: Flask) -> None:
    with app.app_context():
        pairs = list(zip(numbers().scalars(), numbers().scalars(), strict=True))

    assert pairs == [(number, number) for number in range(20)]


@pytest.mark.usefixtures("families")
@pytest.mark.parametrize("options", [(), (selectinload(Parent.children),)])
def test_related_objects_are_loaded_while_others_are_read(
    options: tuple[Any, ...],
) -> None:
    query = select(Parent).options(*options).execution_options(**ROW_BY_ROW)
    parents = [len(parent.children) for parent in db.session.scalars(query)]
    assert parents == [1] * 20


@pytest.mark.usefixtures("families")
def test_all_objects_are_changed_where_each_is_committed() -> None:
    for parent in db.session.scalars(select(Parent).execution_options(**ROW_BY_ROW)):
        parent.is_changed = True
        db.session.commit()

    assert all(db.session.scalars(select(Parent.is_changed)))


@pytest.mark.usefixtures("families")
def test_rows_of_an_insert_in_several_batches_are_all_there() -> None:
    statement: Any = insert(Child)
    if db.engine.dialect.insert_returning:
        statement = statement.returning(Child.id)

    rows = [{"parent_id": 1}] * 2500
    db.session.execute(statement, rows, execution_options=ROW_BY_ROW)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Child)) == 2520


def test_threads_get_all_rows_while_others_use_their_session(app: Flask) -> None:
    def count() -> int:
        return len([*numbers()])

    with app.app_context(), ThreadPoolExecutor(4) as threads:
        submit = threads.submit
        counts = [submit(contextvars.copy_context().run, count) for _ in range(40)]
        assert {count.result() for count in counts} == {20}


def test_rows_are_read_after_the_statement_that_uses_their_connection(
    app: Flask,
) -> None:
    with app.app_context(), ThreadPoolExecutor(1) as threads:
        result = numbers()
        with db.session.connection().info["lock"]:
            reading = threads.submit(result.fetchmany, 10)
            wait([reading], timeout=0.1)
            assert not reading.done()

        assert len(reading.result(timeout=5)) == 10


def leave_a_loop() -> str:
    before = connection_id()
    for _ in numbers():
        break

    return str(before)


def keep_a_result() -> str:
    before = connection_id()
    db.session.info["result"] = result = numbers()
    result.fetchone()
    return str(before)


def close_a_result() -> str:
    before = connection_id()
    with numbers() as result:
        result.fetchone()

    return str(before)


@pytest.mark.parametrize("view", [leave_a_loop, keep_a_result, close_a_result])
def test_a_result_that_is_left_is_not_read_to_its_end(
    app: Flask, view: Callable[[], str]
) -> None:
    app.add_url_rule("/left", view_func=view)
    app.add_url_rule("/probe", view_func=lambda: str(connection_id()))
    before = app.test_client().get("/left").text
    assert app.test_client().get("/probe").text not in ("", before)
    assert connections_in_use(app) == 0


def test_a_stream_that_is_left_closes_its_connection(app: Flask) -> None:
    @app.get("/stream")
    def stream() -> Response:
        def generate() -> Iterator[str]:
            yield str(connection_id())
            with numbers() as result:
                for number in result.scalars():
                    yield str(number)

        return Response(stream_with_context(generate()))

    app.add_url_rule("/probe", view_func=lambda: str(connection_id()))
    response = app.test_client().get("/stream", buffered=False)
    rows = response.iter_encoded()
    before, _ = next(rows).decode(), next(rows)
    response.close()
    assert app.test_client().get("/probe").text != before
    assert connections_in_use(app) == 0


@pytest.mark.parametrize("end", [db.session.connection, db.session.commit])
def test_a_connection_goes_on_after_a_result_that_was_closed(
    app: Flask, end: Callable[[], object]
) -> None:
    with app.app_context():
        before = connection_id()
        with numbers() as result:
            assert result.scalar() == 0

        end()
        assert connection_id() == before


def test_a_connection_goes_on_after_a_result_that_was_forgotten(app: Flask) -> None:
    with app.app_context():
        before = connection_id()
        numbers().fetchone()
        assert connection_id() == before


@pytest.fixture
def engine(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


def test_what_was_connected_can_ask_again_after_a_rollback(engine: Engine) -> None:
    with engine.connect() as connection:
        before = connection.scalar(CONNECTION_ID)
        connection.execute(NUMBERS, execution_options=ROW_BY_ROW).fetchone()
        connection.rollback()
        assert connection.scalar(CONNECTION_ID) != before
        connection.commit()


@pytest.mark.parametrize("end", ["rollback", "invalidate", "close"])
def test_the_rest_is_an_error_once_its_connection_is_closed(
    engine: Engine, end: str
) -> None:
    with engine.connect() as connection:
        result = connection.execute(NUMBERS, execution_options=ROW_BY_ROW)
        result.fetchone()
        getattr(connection, end)()
        with pytest.raises(InvalidRequestError):
            result.all()


def test_a_result_that_was_read_to_its_end_costs_no_connection(app: Flask) -> None:
    with app.app_context():
        before = connection_id()
        assert len(numbers().all()) == 20
        db.session.rollback()
        assert connection_id() == before


def test_rows_that_the_server_could_not_send_are_not_missing(app: Flask) -> None:
    with app.app_context():
        rows = db.session.execute(BROKEN, execution_options={"yield_per": 1})
        assert rows.fetchone()
        with pytest.raises(DBAPIError):
            connection_id()

        with pytest.raises(InvalidRequestError):
            rows.all()


def test_an_empty_result_has_its_columns(app: Flask) -> None:
    with app.app_context():
        query = NUMBERS.subquery().select().where(literal(0) == 1)
        result = db.session.execute(query, execution_options=ROW_BY_ROW)
        assert list(result.keys()) == ["n"]
        assert result.all() == []
