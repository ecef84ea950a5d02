"""Which errors of the database mean that it may be asked again.

Tested in ``tests/database/test_connections.py``.
"""

import sqlite3

from sqlalchemy.exc import OperationalError

from .dialect import is_locked


def is_temporary(error: BaseException | None) -> bool:
    """Tell whether the database was locked, and may later do what it could not now."""
    if together := getattr(error, "exceptions", ()):  # An ExceptionGroup.
        return all(map(is_temporary, together))

    return (
        isinstance(error, OperationalError)
        and isinstance(error.orig, sqlite3.OperationalError)
        and is_locked(error.orig)
    )
