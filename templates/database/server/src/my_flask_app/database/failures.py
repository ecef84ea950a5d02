"""Which errors of the database mean that it may be asked again.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.exc import TimeoutError

from . import dialect
from . import driver

# SQLAlchemy's code of the error, when an earlier one was caught.
CONNECTION_WAS_LOST = "8s2b"


def is_conflict(error: BaseException | None) -> bool:
    """Tell whether a transaction was refused because of another one at that time."""
    if isinstance(error, PendingRollbackError):
        error = error.__cause__

    while isinstance(error, DBAPIError):
        if error_code(error) in dialect.CONFLICTS:
            return True

        # The conflict has ended savepoints too; rolling one back hides it.
        error = getattr(error.orig, "__context__", None)

    return False


def is_temporary(error: BaseException | None) -> bool:
    """Tell whether the database may do later what it could not do now.

    That is if it cannot be reached, ends the connection, has no connection left for a
    request, no room, or a lock that it does not get, or if a transaction conflicted
    with another one.
    """
    if isinstance(error, DBAPIError):
        code = error_code(error)
        if code in dialect.FOLLOWING:
            return is_temporary(getattr(error.orig, "__context__", None))

        lost = error.connection_invalidated and code not in dialect.MISUSED
        return lost or code in dialect.BUSY or is_conflict(error)
    if isinstance(error, PendingRollbackError):
        return error.code == CONNECTION_WAS_LOST or is_temporary(error.__cause__)
    if together := getattr(error, "exceptions", ()):  # An ExceptionGroup.
        return all(map(is_temporary, together))

    return isinstance(error, TimeoutError)


def error_code(error: DBAPIError) -> object:
    """Return the SQLSTATE or the number of an error, as the driver has it."""
    # Tests make errors up from a text.
    return driver.error_code(error.orig) if isinstance(error.orig, Exception) else None
