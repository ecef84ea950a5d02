# /// template
# title: CockroachDB
# driver: psycopg
# port: 26257
# requirement: sqlalchemy-cockroachdb>=2.0.4,<3
# sql:
#   database: SELECT current_database()
#   connection_id: SHOW session_id
#   connection_ids: SELECT session_id FROM [SHOW SESSIONS]
#   kill: CANCEL SESSION '{}'
#   sleep: SELECT pg_sleep(0.2)
#   change: SET TIME ZONE 'Asia/Tokyo'
# ///
"""What is particular to CockroachDB.

Tested in ``tests/database/test_connections.py`` and ``test_transactions.py``.
"""

from typing import Any

from sqlalchemy.exc import DataError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import OperationalError

# What a URL may begin with, and SQLAlchemy's name for it.
NAMES = {"cockroachdb": "cockroachdb"}

# Whether a URL has to name a database.
NEEDS_DATABASE = True

# serialization_failure: the transaction may be run again.
CONFLICTS: set[object] = {"40001"}

# admin_shutdown: the connection has ended.
LOST: set[object] = {"57P01"}

# read_only_sql_transaction, and what its text has: the server is a standby now.
READ_ONLY: dict[object, str] = {"25006": ""}

# No error ends a connection by the application's fault.
MISUSED: set[object] = set()

# A savepoint is still there after any error.
ENDS_TRANSACTION: set[object] = set()

# in_failed_sql_transaction: an earlier statement of the transaction has failed.
FOLLOWING: set[object] = {"25P02"}

# lock_not_available, disk_full, out_of_memory: it may work later.
BUSY: set[object] = {"55P03", "53100", "53200"}

# The classes that errors should have, by the first two characters of the SQLSTATE.
MEANINGS: dict[object, type[DBAPIError]] = {
    "22": DataError,
    "23": IntegrityError,
    "40": OperationalError,
    "53": OperationalError,
    "55": OperationalError,
    "57": OperationalError,
}

# Limits how long a statement waits for a lock.
LIMIT_WAITING = "SET lock_timeout = {milliseconds}"

# SQLAlchemy's option sets the isolation level of a transaction.
ISOLATE = ""

# No statement is so long that the server ends the connection.
LONGEST_STATEMENT = ""
TOO_LONG: set[object] = set()

# The transactions of other connections: connection, user, since when, statement.
OPEN_TRANSACTIONS = """
SELECT session_id, user_name, session_start, last_active_query
FROM [SHOW SESSIONS] WHERE kv_txn IS NOT NULL
"""

# A pattern of the statements that commit themselves: none does.
COMMITS = ""

# Nothing is known that cannot hold every text.
NARROW = ""
NARROW_MEANS = ""

# There are no advisory locks.
MIGRATION_LOCK = ""

# What Alembic has to know.
MIGRATION_OPTIONS: dict[str, Any] = {}


def table_options(dialect: Any) -> dict[str, str]:
    """Return nothing, as no option of a table is about its texts."""
    return {}
