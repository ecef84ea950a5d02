"""A moment is the same on every database, and has its time zone."""

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from datetime import tzinfo

import pytest
from flask import Flask
from helpers import tables
from sqlalchemy import insert
from sqlalchemy import literal
from sqlalchemy import select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app import models
from my_flask_app.database import db
from my_flask_app.times import utc_now
from my_flask_app.times import UtcDateTime


class Base(DeclarativeBase):
    type_annotation_map = models.Base.registry.type_annotation_map


class Event(Base):
    __tablename__ = "times_test_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    begin: Mapped[datetime] = mapped_column(default=utc_now)
    end: Mapped[datetime | None]


class EndOfSummer(tzinfo):
    """The night in which the hour from two to three comes twice."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(hours=1 if moment and moment.fold else 2)

    def dst(self, moment: datetime | None) -> timedelta:
        return self.utcoffset(moment) - timedelta(hours=1)

    def tzname(self, moment: datetime | None) -> str:
        return "CET" if moment and moment.fold else "CEST"


NEPAL = timezone(timedelta(hours=5, minutes=45))
NOON = datetime(2026, 7, 1, 12, 0, 0, 123456, NEPAL)
TWICE = datetime(2026, 10, 25, 2, 30, tzinfo=EndOfSummer())


@pytest.fixture(autouse=True)
def events(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata), app.app_context():
        yield


def stored(begin: datetime) -> datetime:
    """Return a moment as the database returns it."""
    db.session.add(Event(begin=begin))
    db.session.commit()
    return db.session.scalars(select(Event.begin)).one()


def test_a_moment_of_another_time_zone_comes_back_in_utc() -> None:
    moment = stored(NOON)
    assert moment == NOON
    assert moment.tzinfo is timezone.utc


def test_microseconds_are_kept() -> None:
    assert stored(NOON).microsecond == 123456


@pytest.mark.parametrize("fold", [0, 1])
def test_an_hour_that_comes_twice_is_kept_apart(fold: int) -> None:
    expected = datetime(2026, 10, 25, fold, 30, tzinfo=timezone.utc)
    assert stored(TWICE.replace(fold=fold)) == expected


def test_the_default_is_now() -> None:
    before = utc_now()
    db.session.add(Event())
    db.session.commit()
    event = db.session.scalars(select(Event)).one()
    assert before <= event.begin <= utc_now()
    assert event.end is None


def test_moments_are_compared_and_sorted_whatever_their_time_zone() -> None:
    moments = [NOON + timedelta(microseconds=number) for number in range(3)]
    zones = [NEPAL, timezone.utc, timezone(timedelta(hours=-11))]
    for moment, zone in zip(moments[::-1], zones, strict=True):
        db.session.add(Event(begin=moment.astimezone(zone)))

    db.session.commit()
    in_order = select(Event.begin).order_by(Event.begin)
    assert db.session.scalars(in_order).all() == moments
    later = in_order.where(Event.begin > moments[0].astimezone(zones[2]))
    assert db.session.scalars(later).all() == moments[1:]
    equal = in_order.where(Event.begin == moments[1].astimezone(zones[1]))
    assert db.session.scalars(equal).all() == moments[1:2]


def test_a_moment_in_the_text_of_a_statement_is_the_same() -> None:
    statement = insert(Event).values(id=1, begin=literal(NOON, UtcDateTime()))
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    db.session.connection().exec_driver_sql(str(compiled))
    assert db.session.scalars(select(Event.begin)).one() == NOON


@pytest.mark.parametrize("value", [datetime(2026, 7, 1), NOON.date(), NOON.isoformat()])
def test_what_is_no_moment_is_refused(value: object) -> None:
    message = "no datetime with a time zone"
    with pytest.raises(StatementError, match=message) as caught:
        db.session.execute(insert(Event).values(begin=value))

    assert isinstance(caught.value.orig, TypeError)
    with pytest.raises(StatementError, match=message):
        db.session.scalars(select(Event).where(Event.begin < value))
