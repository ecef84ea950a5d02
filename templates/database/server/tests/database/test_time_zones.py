"""The time zone of a connection moves no moment."""

from datetime import datetime
from datetime import timezone

from flask import Flask
from helpers import tables
from sqlalchemy import Column
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import Table
from sqlalchemy import text

from my_flask_app.database import db
from my_flask_app.times import UtcDateTime

CHANGE = "{{ database().dialect.sql.change }}"
METADATA = MetaData()
EVENTS = Table("time_zones_test_events", METADATA, Column("begin", UtcDateTime()))
NOON = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)


def test_a_moment_is_the_same_on_connections_of_other_time_zones(app: Flask) -> None:
    query = select(EVENTS.c.begin).where(EVENTS.c.begin == NOON)
    with tables(app, METADATA), app.app_context():
        db.session.execute(EVENTS.insert().values(begin=NOON))
        db.session.commit()
        db.session.execute(text(CHANGE))
        db.session.execute(EVENTS.insert().values(begin=NOON))
        assert db.session.scalars(query).all() == [NOON, NOON]
        db.session.commit()
        # A connection without the change.
        assert db.session.scalars(query).all() == [NOON, NOON]
