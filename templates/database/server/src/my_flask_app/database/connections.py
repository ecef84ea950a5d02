"""No request gets a connection that the server has ended.

A connection that may have died while it was idle is replaced when it leaves the pool.
Child processes open connections of their own. Tested in
``tests/database/test_connections.py``. Nothing here needs Flask, so a script can use it
too.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import ExceptionContext
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from . import commits
from . import dialect
from . import driver
from . import leftovers
from . import meanings
from . import mistakes
from . import packets
from . import texts
from . import waiting
from .forks import forget_connections_after_fork
from .forks import is_inherited
from .options import merged
from .pools import NestingQueuePool
from .urls import parse_url

# Less than load balancers and firewalls wait before they forget a silent
# connection, which they do without a word to either end.
MAX_IDLE_SECONDS = 180


def create_engine(url: str | URL, **options: Any) -> Engine:
    """Return an engine that hands out no connection that the server has ended.

    :param url: as :func:`.urls.parse_url` takes it.
    :param options: passed to :func:`sqlalchemy.create_engine`.
    :raises ValueError: if the URL cannot be used.
    """
    url = parse_url(url)
    engine = sqlalchemy.create_engine(url, **engine_options(url, options))
    protect(engine)
    return engine


def engine_options(url: URL, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an engine for ``url``, with those that are given.

    These, and arguments in the URL, override the project's own.
    """
    args = {key: it for key, it in driver.CONNECT_ARGS.items() if key not in url.query}
    ours = {
        "poolclass": NestingQueuePool,
        "max_overflow": 0,
        "connect_args": args,
        **driver.ENGINE_OPTIONS,
    }
    return merged(ours, given)


def protect(engine: Engine) -> None:
    """Let a new engine keep what this module promises."""
    event.listen(engine, "checkin", remember_the_time)
    event.listen(engine, "checkout", replace_if_dead)
    event.listen(engine, "handle_error", note_lost_connection)
    leftovers.protect(engine)
    driver.protect(engine)
    meanings.protect(engine)
    mistakes.protect(engine)
    packets.protect(engine)
    texts.protect(engine)
    waiting.protect(engine)
    commits.protect(engine)
    forget_connections_after_fork(engine, driver.fileno)


def connect_to_migrate(engine: Engine) -> Connection:
    """Return a connection that migrations can use."""
    return engine.connect()


def broken_references(connection: Connection) -> set[str]:
    """Return nothing, as foreign keys are enforced in migrations, too."""
    return set()


def remember_the_time(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.time()


def replace_if_dead(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Have the pool open a new connection in place of one that may be dead."""
    idle_since = record.info.get("idle_since")
    if idle_since is None:
        return

    # Other clocks stand still while a machine sleeps; this one may be set back.
    if not 0 <= time.time() - idle_since <= MAX_IDLE_SECONDS:
        raise DisconnectionError("the connection was idle for too long")
    if is_inherited(record):
        raise DisconnectionError("the connection belongs to another process")
    if driver.has_died(connection):
        raise DisconnectionError("the server has ended the connection")


def note_lost_connection(context: ExceptionContext) -> None:
    """Tell SQLAlchemy what it may not know: that there is no connection any more."""
    if context.is_pre_ping or not isinstance(context.sqlalchemy_exception, DBAPIError):
        return

    code = driver.error_code(context.original_exception)
    connection = context.connection
    if connection is None or code in dialect.LOST or is_read_only(connection, context):
        context.is_disconnect = True


def is_read_only(connection: Connection, context: ExceptionContext) -> bool:
    """Tell whether the server refuses to write, as it does after a switchover."""
    error = context.original_exception
    pattern = dialect.READ_ONLY.get(driver.error_code(error))
    is_asked_for = connection.get_execution_options().get("postgresql_readonly")
    return (
        pattern is not None
        and not is_asked_for
        and bool(re.search(pattern, str(error)))
    )
