"""An error has the same class whatever the database and the driver."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from helpers import tables
from sqlalchemy import CheckConstraint
from sqlalchemy import ForeignKey
from sqlalchemy import insert
from sqlalchemy import SmallInteger
from sqlalchemy import String
from sqlalchemy.exc import DataError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import db


class Base(DeclarativeBase):
    pass


class Course(Base):
    __tablename__ = "meanings_test_courses"
    __table_args__ = (CheckConstraint("seats > 0", name="seats"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(3), unique=True)
    seats: Mapped[int] = mapped_column(SmallInteger)


class Place(Base):
    __tablename__ = "meanings_test_places"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.id))


@pytest.fixture(autouse=True)
def courses(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata), app.app_context():
        db.session.add(Course(id=1, code="abc", seats=1))
        db.session.flush()
        db.session.add(Place(id=1, course_id=1))
        db.session.commit()
        yield


GOOD = {"id": 2, "code": "def", "seats": 1}


def execute(**values: Any) -> None:
    db.session.execute(insert(Course).values({**GOOD, **values}))


def flush(**values: Any) -> None:
    db.session.add(Course(**{**GOOD, **values}))
    db.session.flush()


def commit(**values: Any) -> None:
    db.session.add(Course(**{**GOOD, **values}))
    db.session.commit()


@pytest.mark.parametrize("store", [execute, flush, commit])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"id": 1}, IntegrityError),
        ({"code": "abc"}, IntegrityError),
        ({"code": None}, IntegrityError),
        ({"seats": 0}, IntegrityError),
        ({"code": "abcdef"}, DataError),
        ({"seats": 100_000}, DataError),
    ],
)
def test_what_cannot_be_stored_has_the_class_that_says_why(
    store: Callable[..., None], values: dict[str, Any], expected: type[DBAPIError]
) -> None:
    with pytest.raises(expected) as caught:
        store(**values)

    assert caught.value.statement
    assert caught.value.params
    db.session.rollback()
    assert db.session.get(Course, 2) is None


def test_a_value_that_is_left_out_violates_integrity() -> None:
    with pytest.raises(IntegrityError):
        db.session.execute(insert(Course).values(id=2, code="def"))


def test_a_reference_to_nothing_violates_integrity() -> None:
    with pytest.raises(IntegrityError):
        db.session.execute(insert(Place).values(id=2, course_id=7))


def test_deleting_what_is_referred_to_violates_integrity() -> None:
    db.session.delete(db.session.get_one(Course, 1))
    with pytest.raises(IntegrityError):
        db.session.commit()


def test_a_savepoint_survives_what_violates_integrity() -> None:
    with pytest.raises(IntegrityError), db.session.begin_nested():
        execute(seats=0)

    execute()
    db.session.commit()
    assert db.session.get(Course, 2) is not None
