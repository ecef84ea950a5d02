# /// template
# title: Oracle
# driver: oracledb
# port: 1521
# sql:
#   database: SELECT sys_context('userenv', 'service_name') FROM dual
#   connection_id: SELECT sys_context('userenv', 'sid') FROM dual
#   connection_ids: SELECT sid FROM v$session
#   kill: ALTER SYSTEM KILL SESSION '{}'
#   sleep: BEGIN DBMS_SESSION.SLEEP(0.2); END;
#   change: ALTER SESSION SET time_zone = '+09:00'
# ///
"""What is particular to Oracle.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from typing import Any

from sqlalchemy.exc import DBAPIError

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"oracle": "oracle"}

# The host may lead to the database, or a service name.
NEEDS_DATABASE = False

# ORA-00060, a deadlock, and ORA-08177, a serialization failure: the transaction may be
# run again.
CONFLICTS: set[object] = {60, 8177}

# ORA-03113 and ORA-03114: the connection has ended.
LOST: set[object] = {3113, 3114}

# ORA-16000, and what its text has: the server is a standby now.
READ_ONLY: dict[object, str] = {16000: ""}

# No error ends a connection by the application's fault.
MISUSED: set[object] = set()

# A savepoint is still there after any error.
ENDS_TRANSACTION: set[object] = set()

# No error is only because of an earlier one.
FOLLOWING: set[object] = set()

# A lock that was not got in time: it may work later.
BUSY: set[object] = {54, 30006}

# The classes that errors should have, where drivers have others.
MEANINGS: dict[object, type[DBAPIError]] = {}

# Nothing limits how long a statement waits for a lock.
LIMIT_WAITING = ""

# SQLAlchemy's option sets the isolation level of a transaction.
ISOLATE = ""

# No statement is so long that the server ends the connection.
LONGEST_STATEMENT = ""
TOO_LONG: set[object] = set()

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT s.sid, s.username, t.start_time, s.sql_id FROM v$transaction t
JOIN v$session s ON s.taddr = t.addr ORDER BY t.start_time
"""

# A pattern of the statements that commit themselves and those before them.
COMMITS = r"\s*(ALTER|ANALYZE|COMMENT|CREATE|DROP|GRANT|RENAME|REVOKE|TRUNCATE)\b"

# Nothing is known that cannot hold every text.
NARROW = ""
NARROW_MEANS = ""

# No lock is there for everybody: DBMS_LOCK has to be granted.
MIGRATION_LOCK = ""

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}


def table_options(dialect: Any) -> dict[str, str]:
    """Return nothing, as no option of a table is about its texts."""
    return {}
