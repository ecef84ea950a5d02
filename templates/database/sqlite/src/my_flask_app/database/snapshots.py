"""What reads one state of a SQLite file for long is named in the log of the server.

Meanwhile the write-ahead log keeps all that is written, and grows.

Tested in ``tests/database/test_files.py``.
"""

import logging
import time
from typing import Any

from sqlalchemy import Connection

from .manners import current_manner

logger = logging.getLogger(__name__)

# From how many seconds on.
LONG = 120

# The key of when a transaction began, in the info of its connection.
BEGAN = "began"


def note_begin(connection: Connection) -> None:
    connection.info[BEGAN] = time.monotonic()


def note_end(connection: Any, path: str) -> None:
    """Name a transaction that only read, if it has lasted for long.

    :param connection: from the pool; one of the driver, which is closed, has no info.
    """
    began = getattr(connection, "info", {}).pop(BEGAN, None)
    if began and time.monotonic() - began > LONG:
        message = "%s read one state for minutes, so the log of %s could not shrink"
        logger.warning(message, current_manner(), path)
