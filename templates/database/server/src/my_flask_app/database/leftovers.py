"""No request finds what another has changed of its connection.

A variable that was set, a role, a lock, a temporary table: they belong to the
connection, not to the transaction, and the pool would lend them to the next request.
Nothing tells that a connection has such state, except the statements that were executed
on it. If one of them may have left something, the pool closes the connection when it
comes back, and opens another when it needs one. Other requests pay nothing for that.

Tested in ``tests/database/test_leftovers.py`` and ``test_connections.py``.
"""

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from . import driver
from .methods import EXECUTE
from .methods import Method
from .methods import wrap

# What is gone with the transaction leaves nothing: SET LOCAL, SET TRANSACTION,
# set_config(..., true), pg_advisory_xact_lock. UPDATE has a SET too, but not first.
LEAVING = re.compile(
    r"""
    (?:^|;) (?:\s | --[^\n]*\n | /\*.*?\*/)*
    (?:
        SET \b (?!\s+ (?:LOCAL|TRANSACTION|CONSTRAINTS|IDENTITY_INSERT) \b)
        | (?:RESET|DISCARD|LISTEN|LOAD|USE|HANDLER|PREPARE|DECLARE) \b
        | (?:LOCK|FLUSH) \s+ TABLES? \b .* (?:READ|WRITE)
        | ALTER \s+ SESSION \b
        | CREATE \s+ (?:OR \s+ REPLACE \s+)? (?:(?:GLOBAL|LOCAL) \s+)? TEMP
        | CREATE \s+ TABLE \s+ \[?\#
    )
    | \b set_config \s* \( (?! [^)]* , \s* true \s* \))
    | \b pg_(?:try_)?advisory_lock
    | \b (?:get_lock|sp_getapplock|sp_set_session_context) \b
    | \b INTO \s+ (?:TEMP|UNLOGGED|@|\#)
    | @ \w+ \s* :=
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

# The characters of a statement that are looked at; the rest of a long one is values.
LOOKED_AT = 2000


def protect(engine: Engine) -> None:
    """Let connections of an engine come back as they were, or not at all."""
    wrap(engine, EXECUTE, noting)
    event.listen(engine, "connect", remember_autocommit)
    event.listen(engine, "checkin", close_if_changed)


def noting(execute: Method) -> Method:
    def wrapper(cursor: Any, statement: str, *arguments: Any) -> None:
        if may_leave_something(statement[:LOOKED_AT]):
            arguments[-1].root_connection.info["changed"] = True

        execute(cursor, statement, *arguments)

    return wrapper


@lru_cache(maxsize=1000)
def may_leave_something(statement: str) -> bool:
    return LEAVING.search(statement) is not None


def remember_autocommit(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["autocommit"] = driver.autocommit(connection)


def close_if_changed(connection: Any, record: ConnectionPoolEntry) -> None:
    if connection is None:
        return

    changed = record.info.pop("changed", False)
    if changed or driver.autocommit(connection) != record.info["autocommit"]:
        record.invalidate()
