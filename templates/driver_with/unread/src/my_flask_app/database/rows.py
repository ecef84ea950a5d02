"""The rows of a result that is read row by row, as SQLAlchemy sees its cursor.

Tested in ``tests/database/test_unread.py``.
"""

from collections.abc import Iterator
from itertools import islice
from threading import RLock
from typing import Any

from sqlalchemy.exc import InvalidRequestError


class Rows:
    """A cursor that reads its rows from the server, or has them in memory."""

    def __init__(self, cursor: Any, lock: RLock) -> None:
        self.cursor, self.lock = cursor, lock
        self.rest: Iterator[Any] | None = None
        self.is_closed = False
        # A cursor may forget it when it is closed.
        self.description = cursor.description

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def fetchone(self) -> Any:
        return next(iter(self.fetchmany(1)), None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        with self.lock:
            if self.rest is not None:
                return list(islice(self.rest, size))

            rows = self.cursor.fetchmany(size)
            if len(rows) < size:
                self.take_rest()

            return list(rows)

    def fetchall(self) -> list[Any]:
        with self.lock:
            self.take_rest()
            return list(self.rest or ())

    def take_rest(self) -> None:
        """Have the rest in memory, so that the connection can do something else."""
        try:
            if self.rest is None:
                self.rest = iter(self.cursor.fetchall())
                self.cursor.close()
        except BaseException:
            self.refuse()
            raise

    def close(self) -> None:
        """Leave the rest at the server, until something else needs the connection."""
        self.is_closed = True

    def refuse(self) -> None:
        """Let the next row be an error, where the driver would return no more rows."""
        self.rest = Refused()


class Refused:
    """Rows that cannot be read."""

    def __iter__(self) -> "Refused":
        return self

    def __next__(self) -> Any:
        raise InvalidRequestError(
            "the rest of this result is lost; read it before its transaction ends, in a"
            " stream with stream_with_context"
        )
