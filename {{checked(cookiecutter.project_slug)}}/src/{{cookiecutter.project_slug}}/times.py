"""Moments in time, alike on every database. Tested in ``tests/database/test_times.py``.

Migrations import it, so the names must stay.
"""

from datetime import datetime
from datetime import timezone

from sqlalchemy import DateTime
from sqlalchemy import Dialect
from sqlalchemy import TIMESTAMP
from sqlalchemy import TypeDecorator
from sqlalchemy.dialects import mssql
from sqlalchemy.dialects import mysql

# The types that keep microseconds. Where there is no time zone, what is stored is UTC.
STORED_AS: dict[str, DateTime] = {
    "cockroachdb": DateTime(timezone=True),
    "mariadb": mysql.DATETIME(fsp=6),
    "mssql": mssql.DATETIME2(),  # type: ignore[no-untyped-call]
    "mysql": mysql.DATETIME(fsp=6),
    "oracle": TIMESTAMP(),
    "postgresql": DateTime(timezone=True),
}


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def stored_as(dialect: Dialect) -> DateTime:
    return STORED_AS.get(dialect.name, DateTime())


class UtcDateTime(TypeDecorator[datetime]):
    """A column's type: it takes datetimes of any time zone and returns them in UTC."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> DateTime:
        return stored_as(dialect)

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if not isinstance(value, datetime) or value.utcoffset() is None:
            raise TypeError(f"{value!r} is no datetime with a time zone")

        moment = value.astimezone(timezone.utc)
        has_zone = stored_as(dialect).timezone
        return moment if has_zone else moment.replace(tzinfo=None)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=timezone.utc)

        return value.astimezone(timezone.utc)
