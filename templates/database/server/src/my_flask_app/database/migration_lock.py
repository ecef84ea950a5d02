"""If several processes migrate a database at once, one does and the others wait.

The lock belongs to a connection of its own, so it is free when its holder has been
killed. Tested in ``tests/database/test_migration_lock.py``.
"""

import logging
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy import text

from . import dialect

# In seconds. Who waits must not do it in a statement: an index that is built
# concurrently waits for that in turn, and statements have a limit of waiting.
INTERVAL = 0.2

logger = logging.getLogger("alembic.runtime.migration")


@contextmanager
def alone(connect: Callable[[], Connection]) -> Iterator[None]:
    """Wait until no other process migrates the database, and keep others waiting."""
    if not dialect.MIGRATION_LOCK:
        yield
        return

    with connect() as connection:
        # An index that is built concurrently waits for snapshots, and here is none.
        connection.execution_options(isolation_level="READ COMMITTED")
        # The pool may have one connection only.
        connection.detach()
        if not is_free(connection):
            logger.info("Another process migrates the database; waiting for it.")
            while not is_free(connection):
                time.sleep(INTERVAL)

        yield


def is_free(connection: Connection) -> bool:
    """Take the lock if it is free."""
    if connection.scalar(text(dialect.MIGRATION_LOCK)):
        return True

    connection.rollback()
    return False
