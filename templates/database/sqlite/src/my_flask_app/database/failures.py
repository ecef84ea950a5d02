"""Which errors of the database mean that it may be asked again, and what others mean.

Tested in ``tests/database/test_connections.py`` and ``test_files.py``.
"""

import os
import sqlite3

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError

from .dialect import FileIsGone
from .dialect import is_full
from .dialect import is_locked


def is_temporary(error: BaseException | None) -> bool:
    """Tell whether the database was locked or replaced, its disk full, or in use."""
    if together := getattr(error, "exceptions", ()):  # An ExceptionGroup.
        return all(map(is_temporary, together))
    if isinstance(error, OperationalError):
        error = error.orig
    if isinstance(error, sqlite3.OperationalError):
        return is_locked(error) or is_full(error) or isinstance(error, FileIsGone)

    return isinstance(error, TimeoutError)


def explained(error: sqlite3.Error, path: str) -> sqlite3.Error:
    """Return an error that says what is wrong with the file, if that is the cause."""
    if is_locked(error) or is_full(error):
        return error

    return type(error)(f"{error}: {problem(path) or path}")


def problem(path: str) -> str | None:
    """Return what keeps a file from being opened or written, if anything does."""
    effective = os.access in os.supports_effective_ids
    for it in (os.path.dirname(path), path):
        if not os.path.exists(it):
            return f"{it} is not there"
        if not os.access(it, os.R_OK | os.W_OK, effective_ids=effective):
            return f"{it} cannot be read and written"

    return None
