"""If several processes migrate a database at once, one does and the others wait.

They wait for SQLite's write lock, at most ``DATABASE_TIMEOUT`` seconds. Tested in
``tests/database/test_sqlite_migrations.py``.
"""

from contextlib import AbstractContextManager
from contextlib import nullcontext


def alone(_: object) -> AbstractContextManager[None]:
    """Do nothing, as a migration has the write lock from its beginning."""
    return nullcontext()
