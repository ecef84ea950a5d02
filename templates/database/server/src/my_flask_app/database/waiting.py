"""No statement waits for a lock longer than the settings say.

Tested in ``tests/database/test_waiting.py``.
"""

from math import ceil
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from . import dialect

# An execution option of the engine, in seconds.
OPTION = "lock_timeout"


def protect(engine: Engine) -> None:
    """Limit how long statements wait for a lock, if the engine has a limit."""
    seconds = engine.get_execution_options().get(OPTION)
    if seconds is None or not dialect.LIMIT_WAITING:
        return

    statement = dialect.LIMIT_WAITING.format(
        seconds=ceil(seconds), milliseconds=ceil(1000 * seconds)
    )

    @event.listens_for(engine, "connect")
    def limit(connection: Any, record: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()
