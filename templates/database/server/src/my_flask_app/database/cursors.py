"""Cursors of the driver, whose rows may still be at the server.

Tested in ``tests/database/test_connections.py``.
"""

from contextlib import suppress
from typing import Any

from sqlalchemy.exc import InvalidRequestError


def is_open(cursor: Any) -> bool:
    # Some drivers say that it is closed, others forget the connection.
    attributes = getattr(cursor, "__dict__", {})
    closed = getattr(cursor, "closed", False)
    return not closed and attributes.get("connection", cursor) is not None


def refuse_rows(cursor: Any) -> None:
    """Let a cursor raise an error, where some would only return no more rows."""

    def refuse(*_: object) -> None:
        raise InvalidRequestError(
            "the connection of this result has been returned; read it before the end of"
            " its transaction, in a stream with stream_with_context"
        )

    for name in ("fetchone", "fetchmany", "fetchall"):
        with suppress(AttributeError):  # Those of psycopg2 are read-only, and raise.
            setattr(cursor, name, refuse)
