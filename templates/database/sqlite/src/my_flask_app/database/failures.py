"""Which errors of the database mean that it may be asked again.

Tested in ``tests/database/test_connections.py``.
"""

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError

from .dialect import is_full
from .dialect import is_locked


def is_temporary(error: BaseException | None) -> bool:
    """Tell whether the database was locked, its disk full, or no connection left."""
    if together := getattr(error, "exceptions", ()):  # An ExceptionGroup.
        return all(map(is_temporary, together))
    if isinstance(error, OperationalError):
        return is_locked(error.orig) or is_full(error.orig)

    return isinstance(error, TimeoutError)
